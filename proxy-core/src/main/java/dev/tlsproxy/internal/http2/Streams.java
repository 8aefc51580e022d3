package dev.tlsproxy.internal.http2;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a connection (RFC 9113 section 5): opens and ends them, and turns the upstream's frames into what happens to
 * their exchanges.
 */
final class Streams implements FrameReader.Handler {

    /** Requests at a time on one connection, where the upstream has no lower limit: the advice of section 6.5.2. */
    static final int MAX_STREAMS = 100;

    /**
     * What the upstream may send on the connection ahead of what came. Given back when it comes and not when it is read: who
     * does not read his response must not stop those of others.
     */
    static final int CONNECTION_WINDOW = 2 * 1024 * 1024;

    /**
     * Requests cancelled within 30 s after which a connection rests: servers end one that resets 200 streams in that time, and
     * with it the requests of other clients (CVE-2023-44487).
     */
    static final int MAX_RESETS = 90;

    private static final long RESETS_NANOS = TimeUnit.SECONDS.toNanos(30);

    private static final int MOST_PENDING = 1024 * 1024;

    private static final int LAST_STREAM = Integer.MAX_VALUE;

    private final Http2Connection connection;
    private final FrameWriter writer;
    private final LongSupplier ticker;
    private final FloodBudget budget;
    private final HpackReader hpack = new HpackReader();
    private final PeerSettings settings = new PeerSettings();
    private final Window sending = new Window(Frame.DEFAULT_WINDOW);
    private final Map<Integer, Http2Exchange> open = new HashMap<>();
    private int allowed = CONNECTION_WINDOW;
    private int nextStream = 1;
    private int lastStream = LAST_STREAM; // that the upstream takes
    private boolean begun;
    private int resets;
    private long resetsSince;

    Streams(Http2Connection connection, FrameWriter writer, LongSupplier ticker) {
        this.connection = connection;
        this.writer = writer;
        this.ticker = ticker;
        this.budget = new FloodBudget(ticker);
    }

    void begin() {
        writer.preface(
                Frame.SETTING_ENABLE_PUSH,
                0,
                Frame.SETTING_INITIAL_WINDOW_SIZE,
                ResponseBody.WINDOW,
                Frame.SETTING_MAX_HEADER_LIST_SIZE,
                FieldSection.MAX_BYTES);
        writer.windowUpdate(0, CONNECTION_WINDOW - Frame.DEFAULT_WINDOW);
    }

    // What this side does.

    int capacity() {
        boolean resting = resets >= MAX_RESETS && ticker.getAsLong() - resetsSince < RESETS_NANOS;
        return resting || !takesMore() ? 0 : Math.min(settings.maxStreams(), MAX_STREAMS);
    }

    boolean takesMore() {
        return lastStream == LAST_STREAM && nextStream > 0;
    }

    /** Whether the upstream goes away, and nothing is under way. */
    boolean isOver() {
        return !takesMore() && open.isEmpty();
    }

    boolean has(Http2Exchange exchange) {
        return open.get(exchange.stream()) == exchange;
    }

    void open(Http2Exchange exchange, ByteBuffer head) {
        int stream = nextStream;
        nextStream += 2; // below zero after the last
        exchange.begin(connection, stream, settings.initialWindow());
        open.put(stream, exchange);
        writer.head(stream, head, exchange.hasNoBody(), settings.maxPayload());
    }

    int sendable(Window window) {
        return Math.max(0, Math.min(Math.min(window.octets(), sending.octets()), settings.maxPayload()));
    }

    void sendData(Http2Exchange exchange, ByteBuffer content, int count, boolean end) {
        sending.take(count);
        budget.sentData();
        writer.data(exchange.stream(), content, count, end);
        if (end) {
            removeIfOver(exchange);
        }
    }

    void sendTrailers(Http2Exchange exchange, ByteBuffer block) {
        writer.head(exchange.stream(), block, true, settings.maxPayload());
        removeIfOver(exchange);
    }

    /** False when it is over. */
    boolean cancel(Http2Exchange exchange) {
        return reset(exchange, Frame.CANCEL);
    }

    private boolean reset(Http2Exchange exchange, int code) {
        if (!has(exchange)) {
            return false;
        }
        writer.reset(exchange.stream(), code);
        long now = ticker.getAsLong();
        if (now - resetsSince >= RESETS_NANOS) {
            resetsSince = now;
            resets = 0;
        }
        resets++;
        remove(exchange);
        return true;
    }

    private void removeIfOver(Http2Exchange exchange) {
        if (exchange.isOver()) {
            remove(exchange);
        }
    }

    private void remove(Http2Exchange exchange) {
        open.remove(exchange.stream());
        connection.forget(exchange);
    }

    List<Http2Exchange> removeAll() {
        List<Http2Exchange> all = new ArrayList<>(open.values());
        open.clear();
        return all;
    }

    // What the upstream does.

    @Override
    public void dataBegins(int stream, int octets) throws ConnectionErrorException {
        Http2Exchange exchange = find(stream);
        allowed -= octets;
        boolean inWindow = exchange == null || exchange.responseBody().take(octets);
        if (allowed < 0 || !inWindow) {
            throw new ConnectionErrorException(Frame.FLOW_CONTROL_ERROR, "DATA: more than its window");
        }
        if (allowed <= CONNECTION_WINDOW / 2) {
            writer.windowUpdate(0, CONNECTION_WINDOW - allowed);
            allowed = CONNECTION_WINDOW;
        }
    }

    @Override
    public void data(int stream, ByteBuffer content) throws ConnectionErrorException {
        Http2Exchange exchange = find(stream);
        if (exchange != null) {
            receive(exchange, () -> exchange.receiveContent(content));
        }
    }

    @Override
    public void dataEnds(int stream, int padding, boolean empty, boolean endStream) throws ConnectionErrorException {
        if (empty && !endStream) {
            budget.useless();
        }
        Http2Exchange exchange = find(stream);
        if (exchange == null) {
            return;
        }
        exchange.responseBody().giveBack(padding);
        if (endStream) {
            receive(exchange, exchange::receiveEnd);
        }
    }

    @Override
    public void head(int stream, ByteBuffer block, boolean endStream) throws ConnectionErrorException {
        Http2Exchange exchange = find(stream);
        FieldSection section =
                new FieldSection(exchange != null && exchange.hasResponse() ? "trailers" : "response head");
        hpack.decode(block, section);
        if (exchange == null) {
            budget.useless();
            return;
        }
        budget.responded();
        receive(exchange, () -> exchange.receiveHead(section, endStream));
    }

    @FunctionalInterface
    private interface Receipt {
        void run() throws MalformedResponseException;
    }

    /** What is malformed ends its stream and no other: section 8.1.1. */
    private void receive(Http2Exchange exchange, Receipt receipt) throws ConnectionErrorException {
        if (exchange.responseBody().isEnded()) {
            throw new ConnectionErrorException(Frame.STREAM_CLOSED, "a frame behind the end of its response");
        }
        try {
            receipt.run();
            removeIfOver(exchange);
        } catch (MalformedResponseException e) {
            connection.fault(String.valueOf(e.getMessage()));
            reset(exchange, Frame.PROTOCOL_ERROR);
            exchange.fail(e);
        }
    }

    @Override
    public void reset(int stream, int code) throws ConnectionErrorException {
        Http2Exchange exchange = find(stream);
        if (exchange == null) {
            budget.useless();
            return;
        }
        remove(exchange);
        exchange.fail(new StreamResetException(
                "upstream reset the stream, code " + code, code == Frame.REFUSED_STREAM && !exchange.hasResponse()));
    }

    @Override
    public void settings(ByteBuffer payload) throws ConnectionErrorException {
        requireReader();
        budget.answered();
        int before = settings.initialWindow();
        settings.apply(payload);
        writer.settingsAck();
        int more = settings.initialWindow() - before;
        for (Http2Exchange exchange : open.values()) {
            if (!exchange.window().add(more)) {
                throw new ConnectionErrorException(Frame.FLOW_CONTROL_ERROR, "SETTINGS: a window that is too large");
            }
        }
        connection.unblock();
        if (!begun) {
            begun = true;
            connection.begun();
        }
    }

    @Override
    public void settingsAck() throws ConnectionErrorException {
        budget.useless();
    }

    @Override
    public void ping(long opaque) throws ConnectionErrorException {
        requireReader();
        budget.answered();
        writer.pingAck(opaque);
    }

    /** Who asks without end and takes no answer is not kept for as long as its requests last. */
    private void requireReader() throws ConnectionErrorException {
        if (writer.pending() > MOST_PENDING) {
            throw new ConnectionErrorException(Frame.ENHANCE_YOUR_CALM, "PING or SETTINGS without reading the answers");
        }
    }

    /** Streams up to the last go on; those above were not processed: section 6.8. */
    @Override
    public void goAway(int last, int code) throws ConnectionErrorException {
        budget.useless();
        lastStream = Math.min(lastStream, Math.min(last, LAST_STREAM - 1));
        for (Http2Exchange exchange : new ArrayList<>(open.values())) {
            if (exchange.stream() > lastStream) {
                remove(exchange);
                exchange.fail(new StreamResetException("upstream goes away, code " + code, !exchange.hasResponse()));
            }
        }
        connection.endIfOver();
    }

    @Override
    public void windowUpdate(int stream, int increment) throws ConnectionErrorException {
        budget.update();
        Http2Exchange exchange = stream == 0 ? null : find(stream);
        if (increment == 0) {
            throw new ConnectionErrorException(Frame.PROTOCOL_ERROR, "WINDOW_UPDATE: 0");
        }
        Window window = stream == 0 ? sending : exchange != null ? exchange.window() : null;
        if (window != null && !window.add(increment)) {
            throw new ConnectionErrorException(Frame.FLOW_CONTROL_ERROR, "WINDOW_UPDATE: a window that is too large");
        }
        if (stream == 0) {
            connection.unblock();
        } else if (exchange != null) {
            exchange.wake();
        }
    }

    @Override
    public void ignored() throws ConnectionErrorException {
        budget.useless();
    }

    /** The exchange of a stream; null when that is over. */
    private @Nullable Http2Exchange find(int stream) throws ConnectionErrorException {
        Http2Exchange exchange = open.get(stream);
        if (exchange == null && ((stream & 1) == 0 || (nextStream > 0 && stream >= nextStream))) {
            throw new ConnectionErrorException(Frame.PROTOCOL_ERROR, "a frame on a stream that was not opened");
        }
        return exchange;
    }
}
