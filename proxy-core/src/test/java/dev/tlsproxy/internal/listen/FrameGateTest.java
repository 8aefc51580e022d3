package dev.tlsproxy.internal.listen;

import static io.undertow.protocols.http2.Http2Channel.ERROR_ENHANCE_YOUR_CALM;
import static io.undertow.protocols.http2.Http2Channel.ERROR_FRAME_SIZE_ERROR;
import static io.undertow.protocols.http2.Http2Channel.ERROR_PROTOCOL_ERROR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.undertow.protocols.http2.ConnectionErrorException;
import io.undertow.server.DefaultByteBufferPool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xnio.conduits.StreamSourceConduit;

class FrameGateTest {

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int PRIORITY = 2;
    private static final int SETTINGS = 4;
    private static final int PUSH_PROMISE = 5;
    private static final int PING = 6;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final ByteArrayOutputStream passed = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong();
    private final FrameBudget budget = new FrameBudget(nanos::get);
    private ByteBuffer unread = ByteBuffer.allocate(0);
    private int piece = Integer.MAX_VALUE;
    private final FrameGate gate =
            new FrameGate(client(), new DefaultByteBufferPool(false, 16 * 1024), budget, new byte[0]);

    FrameGateTest() {
        sent.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private StreamSourceConduit client() {
        return (StreamSourceConduit) Proxy.newProxyInstance(
                FrameGateTest.class.getClassLoader(),
                new Class<?>[] {StreamSourceConduit.class},
                (self, method, given) -> method.getName().equals("read") ? give((ByteBuffer) given[0]) : null);
    }

    private int give(ByteBuffer target) {
        int count = Math.min(Math.min(piece, unread.remaining()), target.remaining());
        target.put(unread.slice(unread.position(), count));
        unread.position(unread.position() + count);
        return count;
    }

    private void frame(int type, int flags, byte[] payload) {
        ByteBuffer header = ByteBuffer.allocate(9);
        header.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        sent.writeBytes(header.put((byte) type).put((byte) flags).putInt(1).array());
        sent.writeBytes(payload);
    }

    private void frame(int type, int flags, int length) {
        frame(type, flags, new byte[length]);
    }

    /** Has the gate read all that was sent. */
    private void read() throws IOException {
        unread = ByteBuffer.wrap(sent.toByteArray());
        sent.reset();
        ByteBuffer buffer = ByteBuffer.allocate(1000);
        while (gate.read(buffer) > 0) {
            passed.write(buffer.array(), 0, buffer.position());
            buffer.clear();
        }
    }

    private void assertEnds(int code, String message) {
        assertThatThrownBy(this::read)
                .hasMessage(message)
                .isInstanceOfSatisfying(
                        ConnectionErrorException.class,
                        e -> assertThat(e.getCode()).isEqualTo(code));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 16384})
    void joinsAHeadInSeveralFrames(int pieces) throws IOException {
        piece = pieces;
        read();
        passed.reset();
        frame(HEADERS, END_STREAM | PADDED, new byte[] {2, 'a', 'b', 0, 0});
        frame(CONTINUATION, 0, new byte[] {'c'});
        frame(CONTINUATION, 0, new byte[0]);
        frame(CONTINUATION, END_HEADERS, new byte[] {'d', 'e'});
        frame(DATA, END_STREAM, new byte[] {'f'});

        read();

        assertThat(passed.toByteArray())
                .containsExactly(0, 0, 5, 1, 5, 0, 0, 0, 1, 'a', 'b', 'c', 'd', 'e', 0, 0, 1, 0, 1, 0, 0, 0, 1, 'f');
    }

    @Test
    void holdsAHeadThatIsNotWhole() throws IOException {
        frame(HEADERS, 0, 10);
        frame(CONTINUATION, 0, 10);

        read();

        assertThat(passed.size()).isEqualTo(24);
    }

    @Test
    void passesEverythingElseByteForByte() throws IOException {
        frame(SETTINGS, 0, 6);
        frame(HEADERS, END_HEADERS, 20);
        for (int i = 0; i < 100; i++) {
            frame(DATA, 0, 16_384);
            frame(0x10, 0, 30);
        }
        byte[] before = sent.toByteArray();
        piece = 4099;

        read();

        assertThat(passed.toByteArray()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(ints = {DATA, HEADERS, PRIORITY, PING, WINDOW_UPDATE, 0x10})
    void refusesAFrameWithinAHead(int type) {
        frame(HEADERS, 0, 10);
        frame(type, 0, 8);

        assertEnds(ERROR_PROTOCOL_ERROR, "a frame within a head block");
    }

    @Test
    void refusesPaddingLongerThanTheFrame() {
        frame(HEADERS, PADDED, new byte[] {4, 'a', 'b', 0});
        frame(CONTINUATION, END_HEADERS, 0);

        assertEnds(ERROR_PROTOCOL_ERROR, "padding longer than its HEADERS frame");
    }

    @Test
    void refusesAPushPromise() {
        frame(PUSH_PROMISE, 0, 10);

        assertEnds(ERROR_PROTOCOL_ERROR, "PUSH_PROMISE from a client");
    }

    @ParameterizedTest
    @CsvSource({"0, 32", "1, 32", "16000, 3"})
    void endsAFloodOfContinuations(int length, int frames) throws IOException {
        frame(HEADERS, 0, length);
        for (int i = 0; i < frames; i++) {
            frame(CONTINUATION, 0, length);
        }

        assertEnds(ERROR_ENHANCE_YOUR_CALM, "flood of CONTINUATION frames");
    }

    @Test
    void refusesAFrameLargerThanAdvertisedBeforeItHasCome() {
        sent.writeBytes(new byte[] {0, (byte) 0x80, 1, 4, 0, 0, 0, 0, 0});

        assertEnds(ERROR_FRAME_SIZE_ERROR, "frame of 32769 bytes");
    }

    @Test
    void handsOnWhatCameBeforeAFault() throws IOException {
        frame(HEADERS, END_HEADERS, 3);
        frame(PUSH_PROMISE, 0, 10);

        assertThatThrownBy(this::read).isInstanceOf(ConnectionErrorException.class);
        assertThat(passed.size()).isEqualTo(24 + 9 + 3);
        assertThatThrownBy(this::read).isInstanceOf(ConnectionErrorException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, 1000, DATA",
        "2, 0, 5, 1000, PRIORITY",
        "6, 0, 8, 1000, PING",
        "4, 0, 0, 1000, PING",
        "8, 0, 4, 10000, WINDOW_UPDATE"
    })
    void endsAFloodOfFramesWithoutUse(int type, int flags, int length, int allowed, String what) throws IOException {
        for (int i = 0; i < allowed; i++) {
            frame(type, flags, length);
        }
        read();
        frame(type, flags, length);

        assertThatThrownBy(this::read)
                .hasMessageStartingWith("flood of ")
                .hasMessageContaining(what)
                .isInstanceOfSatisfying(
                        ConnectionErrorException.class,
                        e -> assertThat(e.getCode()).isEqualTo(ERROR_ENHANCE_YOUR_CALM));
    }

    @Test
    void letsAnyNumberOfRequestsAndUploadsPass() throws IOException {
        for (int i = 0; i < 5000; i++) {
            frame(HEADERS, END_HEADERS, 20);
            frame(PRIORITY, 0, 5);
            frame(PRIORITY, 0, 5);
            frame(DATA, 0, 3);
            frame(DATA, 0, 0);
            frame(DATA, END_STREAM, 0);
        }
        byte[] before = sent.toByteArray();

        read();

        assertThat(passed.toByteArray()).isEqualTo(before);
    }

    @Test
    void usefulFramesAreNoStoreForAFlood() throws IOException {
        for (int i = 0; i < 5000; i++) {
            frame(DATA, 0, 1);
        }
        for (int i = 0; i < 1000; i++) {
            frame(DATA, 0, 0);
        }
        read();
        frame(DATA, 0, 0);

        assertEnds(ERROR_ENHANCE_YOUR_CALM, "flood of empty DATA frames");
    }

    /** As gRPC clients do, which measure the round trip with each window they have received. */
    @Test
    void aDownloadMayBringTwoPingsAndManyUpdatesForEachFrame() throws IOException {
        for (int i = 0; i < 2000; i++) {
            budget.sent(DATA);
            frame(PING, 0, 8);
            frame(PING, 0, 8);
            for (int j = 0; j < 20; j++) {
                frame(WINDOW_UPDATE, 0, 4);
            }
            read();
        }
    }

    @Test
    void aPingEverySecondNeverEndsAnIdleConnection() throws IOException {
        for (int i = 0; i < 20_000; i++) {
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
            frame(PING, 0, 8);
            frame(PING, 1, 8);
            read();
        }
    }
}
