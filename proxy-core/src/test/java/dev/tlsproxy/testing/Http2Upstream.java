package dev.tlsproxy.testing;

import io.undertow.protocols.http2.HpackDecoder;
import io.undertow.protocols.http2.HpackException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An upstream of HTTP/2 without TLS that sends the frames that a test wants, on any number of connections. Acknowledges
 * SETTINGS; all else is the test's. A daemon thread for each connection.
 */
public final class Http2Upstream implements AutoCloseable {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int SETTINGS = 4;
    public static final int PUSH_PROMISE = 5;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int WINDOW_UPDATE = 8;
    public static final int CONTINUATION = 9;

    public static final int ACK = 1;
    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;
    public static final int PADDED = 8;

    private static final int PREFACE_LENGTH = 24;

    /** One frame as it came. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Frame(int type, int flags, int stream, byte[] payload) {

        public boolean endsStream() {
            return type <= HEADERS && (flags & END_STREAM) != 0;
        }

        /** The last four octets, where RST_STREAM has its code. */
        public int code() {
            return ByteBuffer.wrap(payload).getInt(payload.length - 4);
        }

        /** The code of a GOAWAY. */
        public int goAwayCode() {
            return ByteBuffer.wrap(payload).getInt(4);
        }
    }

    /** Answers each frame of the proxy's. */
    @FunctionalInterface
    public interface Talk {
        void frame(Connection connection, Frame frame) throws Exception;
    }

    private final ServerSocket listener;
    private final byte[] firstBytes;
    private final Talk talk;
    public final List<Connection> connections = new CopyOnWriteArrayList<>();

    private Http2Upstream(byte[] firstBytes, Talk talk) throws IOException {
        this.listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        this.firstBytes = firstBytes;
        this.talk = talk;
        daemon("http2-upstream", this::accept);
    }

    /** Begins with empty SETTINGS. */
    public static Http2Upstream talking(Talk talk) throws IOException {
        return beginning(frame(SETTINGS, 0, 0, new byte[0]), talk);
    }

    /** Begins with SETTINGS of identifiers and values in turn. */
    public static Http2Upstream with(int[] settings, Talk talk) throws IOException {
        return beginning(frame(SETTINGS, 0, 0, settings(settings)), talk);
    }

    /** Begins with these bytes; without any it says nothing. */
    public static Http2Upstream beginning(byte[] bytes, Talk talk) throws IOException {
        return new Http2Upstream(bytes, talk);
    }

    /** Does something once a request is whole: at its last frame, which for a head in several ones is a CONTINUATION. */
    public static Talk answering(Talk answer) {
        return (connection, frame) -> {
            if (connection.isRequestWhole(frame)) {
                answer.frame(connection, frame);
            }
        };
    }

    public String uri() {
        return "h2c://127.0.0.1:" + listener.getLocalPort();
    }

    public static byte[] settings(int... settings) {
        ByteBuffer payload = ByteBuffer.allocate(settings.length * 3);
        for (int i = 0; i < settings.length; i += 2) {
            payload.putShort((short) settings[i]).putInt(settings[i + 1]);
        }
        return payload.array();
    }

    /** A field section of names and values in turn, none longer than 16,000. */
    public static byte[] fields(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            byte[] bytes = latin1(fields[i]);
            if (bytes.length < 127) {
                block.write(bytes.length);
            } else {
                block.write(127);
                block.write(0x80 | ((bytes.length - 127) & 0x7F));
                block.write((bytes.length - 127) >> 7);
            }
            block.writeBytes(bytes);
        }
        return block.toByteArray();
    }

    public static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
        frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
        return frame.array();
    }

    public static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Connection connection : connections) {
            connection.close();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Connection connection = new Connection(listener.accept());
                connections.add(connection);
                daemon("http2-upstream-connection", () -> connection.serve(firstBytes, talk));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** One connection of the proxy's. */
    public static final class Connection {

        public final BlockingQueue<Frame> received = new LinkedBlockingQueue<>();
        public final List<Map<String, String>> heads = new CopyOnWriteArrayList<>();
        private final Socket socket;
        private final HpackDecoder hpack = new HpackDecoder();
        private final ByteArrayOutputStream block = new ByteArrayOutputStream();
        private boolean begun;
        private boolean headEndsStream;
        private volatile boolean ended;

        Connection(Socket socket) {
            this.socket = socket;
        }

        public boolean isEnded() {
            return ended;
        }

        boolean isRequestWhole(Frame frame) {
            boolean head = frame.type() == HEADERS || frame.type() == CONTINUATION;
            return head ? headEndsStream && (frame.flags() & END_HEADERS) != 0 : frame.endsStream();
        }

        /** The next frame of a type; null when none comes in time. */
        public Frame next(int type) throws InterruptedException {
            Frame frame;
            do {
                frame = received.poll(10, TimeUnit.SECONDS);
            } while (frame != null && frame.type() != type);
            return frame;
        }

        public synchronized Connection raw(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
            return this;
        }

        public Connection send(int type, int flags, int stream, byte[] payload) throws IOException {
            return raw(frame(type, flags, stream, payload));
        }

        public Connection head(int stream, int flags, String... fields) throws IOException {
            return send(HEADERS, END_HEADERS | flags, stream, fields(fields));
        }

        public Connection data(int stream, int flags, String content) throws IOException {
            return send(DATA, flags, stream, latin1(content));
        }

        /** A whole response. */
        public Connection ok(int stream, String content) throws IOException {
            return head(stream, 0, ":status", "200").data(stream, END_STREAM, content);
        }

        public void close() throws IOException {
            socket.close();
        }

        void serve(byte[] firstBytes, Talk talk) {
            try (socket) {
                socket.setTcpNoDelay(true);
                begun = firstBytes.length > 0;
                raw(firstBytes);
                DataInputStream in = new DataInputStream(socket.getInputStream());
                in.readFully(new byte[PREFACE_LENGTH]);
                while (true) {
                    int length = (in.readUnsignedShort() << 8) | in.readUnsignedByte();
                    Frame frame = new Frame(
                            in.readUnsignedByte(), in.readUnsignedByte(), in.readInt(), in.readNBytes(length));
                    if (frame.payload().length < length) {
                        throw new EOFException();
                    }
                    note(frame);
                    talk.frame(this, frame);
                }
            } catch (Exception e) {
                // the proxy or the test ended the connection
            } finally {
                ended = true;
            }
        }

        private void note(Frame frame) throws IOException, HpackException {
            if (begun && frame.type() == SETTINGS && (frame.flags() & ACK) == 0) {
                send(SETTINGS, ACK, 0, new byte[0]);
            }
            if (frame.type() == HEADERS) {
                headEndsStream = frame.endsStream();
            }
            if (frame.type() == HEADERS || frame.type() == CONTINUATION) {
                block.writeBytes(frame.payload());
                if ((frame.flags() & END_HEADERS) != 0) {
                    heads.add(decode());
                }
            }
            received.add(frame);
        }

        private Map<String, String> decode() throws HpackException {
            Map<String, String> head = new TreeMap<>();
            List<String> names = new ArrayList<>();
            hpack.setHeaderEmitter((name, value, never) -> {
                names.add(name.toString());
                head.merge(name.toString(), value, (one, other) -> one + "|" + other);
            });
            hpack.decode(ByteBuffer.wrap(block.toByteArray()), false);
            block.reset();
            if (names.stream().anyMatch(name -> !name.equals(name.toLowerCase(Locale.ROOT)))) {
                throw new IllegalStateException("not in lower case: " + names);
            }
            return head;
        }
    }
}
