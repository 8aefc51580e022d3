package dev.tlsproxy.internal.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.testing.Http2Upstream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {

    private static final byte[] NONE = new byte[0];

    private final Recorder told = new Recorder();
    private final FrameReader reader = new FrameReader(told);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 100_000})
    void tellsOfEachFrameInPiecesOfAnySize(int piece) throws Exception {
        byte[] bytes = joined(
                frame(Frame.SETTINGS, 0, 0, Http2Upstream.settings(4, 100)),
                frame(Frame.SETTINGS, Frame.ACK, 0, NONE),
                frame(Frame.PING, 0, 0, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}),
                frame(Frame.HEADERS, Frame.END_HEADERS, 1, latin1("head")),
                frame(Frame.DATA, 0, 1, latin1("hello")),
                frame(Frame.DATA, Frame.END_STREAM, 1, NONE),
                frame(Frame.RST_STREAM, 0, 3, Http2Upstream.ints(7)),
                frame(Frame.WINDOW_UPDATE, 0, 0, Http2Upstream.ints(9)),
                frame(Frame.GOAWAY, 0, 0, joined(Http2Upstream.ints(5, 2), latin1("why"))),
                frame(0x42, 0xFF, 77, latin1("unknown")));
        for (int at = 0; at < bytes.length; at += piece) {
            reader.read(ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at)));
        }
        assertThat(told.events)
                .containsExactly(
                        "settings 000400000064",
                        "settings ack",
                        "ping 102030405060708",
                        "head 1 head false",
                        "data 1 5 hello 0 false false",
                        "data 1 0  0 true true",
                        "reset 3 7",
                        "window 0 9",
                        "goaway 5 2",
                        "ignored");
    }

    @Test
    void leavesOutPaddingAndPriorityAndCountsThem() throws Exception {
        begin();
        reader.read(bytes(frame(
                Frame.HEADERS,
                Frame.END_HEADERS | Frame.PADDED | Frame.PRIORITY_FLAG,
                1,
                joined(new byte[] {3, 0, 0, 0, 0, 16}, latin1("head"), new byte[3]))));
        reader.read(bytes(frame(Frame.DATA, Frame.PADDED, 1, joined(new byte[] {3}, latin1("hello"), new byte[3]))));
        reader.read(bytes(frame(Frame.DATA, Frame.PADDED, 1, new byte[] {0})));
        assertThat(told.events)
                .containsExactly("head 1 head false", "data 1 9 hello 4 false false", "data 1 1  1 true false");
    }

    @Test
    void joinsAHeadOfSeveralFrames() throws Exception {
        begin();
        reader.read(bytes(frame(Frame.HEADERS, Frame.END_STREAM, 1, latin1("a"))));
        reader.read(bytes(frame(Frame.CONTINUATION, 0, 1, NONE)));
        reader.read(bytes(frame(Frame.CONTINUATION, 0, 1, latin1("b"))));
        reader.read(bytes(frame(Frame.CONTINUATION, Frame.END_HEADERS, 1, latin1("c"))));
        reader.read(bytes(frame(Frame.HEADERS, Frame.END_HEADERS, 3, latin1("d"))));
        assertThat(told.events).containsExactly("head 1 abc true", "head 3 d false");
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                fault(1, "DATA on stream 0", frame(Frame.DATA, 0, 0, NONE)),
                fault(1, "HEADERS on stream 0", frame(Frame.HEADERS, 4, 0, NONE)),
                fault(1, "RST_STREAM on stream 0", frame(Frame.RST_STREAM, 0, 0, new byte[4])),
                fault(1, "SETTINGS on a stream", frame(Frame.SETTINGS, 0, 1, NONE)),
                fault(1, "PING on a stream", frame(Frame.PING, 0, 1, new byte[8])),
                fault(1, "GOAWAY on a stream", frame(Frame.GOAWAY, 0, 1, new byte[8])),
                fault(6, "SETTINGS: length 5", frame(Frame.SETTINGS, 0, 0, new byte[5])),
                fault(6, "SETTINGS: length 6", frame(Frame.SETTINGS, Frame.ACK, 0, new byte[6])),
                fault(6, "PING: length 7", frame(Frame.PING, 0, 0, new byte[7])),
                fault(6, "RST_STREAM: length 5", frame(Frame.RST_STREAM, 0, 1, new byte[5])),
                fault(6, "WINDOW_UPDATE: length 3", frame(Frame.WINDOW_UPDATE, 0, 1, new byte[3])),
                fault(6, "PRIORITY: length 4", frame(Frame.PRIORITY, 0, 1, new byte[4])),
                fault(6, "GOAWAY: length 7", frame(Frame.GOAWAY, 0, 0, new byte[7])),
                fault(6, "DATA: larger than 16384", frame(Frame.DATA, 0, 1, new byte[16385])),
                fault(6, "a frame of an unknown type: larger than 16384", frame(99, 0, 1, new byte[16385])),
                fault(6, "DATA: no room for its padding", frame(Frame.DATA, Frame.PADDED, 1, NONE)),
                fault(1, "DATA: more padding than payload", frame(Frame.DATA, Frame.PADDED, 1, new byte[] {2, 0})),
                fault(1, "HEADERS: more padding than payload", frame(Frame.HEADERS, Frame.PADDED, 1, new byte[] {2, 0
                })),
                fault(1, "PUSH_PROMISE, which was not permitted", frame(Frame.PUSH_PROMISE, 4, 1, new byte[4])),
                fault(1, "CONTINUATION without a head", frame(Frame.CONTINUATION, 4, 1, NONE)),
                fault(
                        1,
                        "PING within a head",
                        joined(frame(Frame.HEADERS, 0, 1, NONE), frame(Frame.PING, 0, 0, new byte[8]))),
                fault(
                        1,
                        "CONTINUATION within a head",
                        joined(frame(Frame.HEADERS, 0, 1, NONE), frame(Frame.CONTINUATION, 0, 3, NONE))),
                fault(11, "response head: too long", continued(9, 16384)),
                fault(11, "response head: too long", continued(65, 0)));
    }

    private static byte[] continued(int frames, int size) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(frame(Frame.HEADERS, 0, 1, new byte[size]));
        for (int i = 0; i < frames; i++) {
            all.writeBytes(frame(Frame.CONTINUATION, 0, 1, new byte[size]));
        }
        return all.toByteArray();
    }

    private static Arguments fault(int code, String message, byte[] bytes) {
        return Arguments.of(code, message, bytes);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource
    void malformed(int code, String message, byte[] bytes) throws Exception {
        begin();
        assertThatThrownBy(() -> reader.read(bytes(bytes)))
                .isInstanceOf(ConnectionErrorException.class)
                .hasMessage(message)
                .extracting("code")
                .isEqualTo(code);
    }

    @Test
    void refusesWhatBeginsWithoutSettings() {
        assertThatThrownBy(() -> reader.read(bytes(latin1("HTTP/1.1 400 Bad Request\r\n"))))
                .isInstanceOf(ConnectionErrorException.class)
                .hasMessageStartingWith("no HTTP/2 (expected: a SETTINGS frame first");
    }

    private void begin() throws ConnectionErrorException {
        reader.read(bytes(frame(Frame.SETTINGS, 0, 0, NONE)));
        told.events.clear();
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return Http2Upstream.frame(type, flags, stream, payload);
    }

    private static ByteBuffer bytes(byte[] bytes) {
        return ByteBuffer.wrap(bytes);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Stream.of(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }

    private static final class Recorder implements FrameReader.Handler {

        final List<String> events = new ArrayList<>();
        private final StringBuilder content = new StringBuilder();
        private int octets;

        @Override
        public void dataBegins(int stream, int counted) {
            octets = counted;
            content.setLength(0);
        }

        @Override
        public void data(int stream, ByteBuffer piece) {
            content.append(StandardCharsets.ISO_8859_1.decode(piece));
        }

        @Override
        public void dataEnds(int stream, int padding, boolean empty, boolean endStream) {
            events.add("data " + stream + " " + octets + " " + content + " " + padding + " " + empty + " " + endStream);
        }

        @Override
        public void head(int stream, ByteBuffer block, boolean endStream) {
            events.add("head " + stream + " " + StandardCharsets.ISO_8859_1.decode(block) + " " + endStream);
        }

        @Override
        public void reset(int stream, int code) {
            events.add("reset " + stream + " " + code);
        }

        @Override
        public void settings(ByteBuffer payload) {
            byte[] bytes = new byte[payload.remaining()];
            payload.get(bytes);
            events.add("settings " + HexFormat.of().formatHex(bytes));
        }

        @Override
        public void settingsAck() {
            events.add("settings ack");
        }

        @Override
        public void ping(long opaque) {
            events.add("ping " + Long.toHexString(opaque));
        }

        @Override
        public void goAway(int lastStream, int code) {
            events.add("goaway " + lastStream + " " + code);
        }

        @Override
        public void windowUpdate(int stream, int increment) {
            events.add("window " + stream + " " + increment);
        }

        @Override
        public void ignored() {
            events.add("ignored");
        }
    }
}
