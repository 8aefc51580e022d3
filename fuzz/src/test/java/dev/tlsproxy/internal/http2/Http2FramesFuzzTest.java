package dev.tlsproxy.internal.http2;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tlsproxy.internal.http1.MalformedResponseException;
import io.undertow.util.HeaderValues;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What an upstream of HTTP/2 sends, in any bytes, cut anywhere: the same frames and fields, or the same fault. */
class Http2FramesFuzzTest {

    @FuzzTest(maxDuration = "20s")
    void anyFrames(byte[] data) {
        if (data.length == 0) {
            return;
        }
        byte[] frames = Arrays.copyOfRange(data, 1, data.length);
        assertThat(read(frames, 1 + (data[0] & 0xFF))).isEqualTo(read(frames, Math.max(1, frames.length)));
    }

    private static String read(byte[] frames, int piece) {
        Told told = new Told();
        FrameReader reader = new FrameReader(told);
        try {
            for (int at = 0; at < frames.length; at += piece) {
                reader.read(ByteBuffer.wrap(frames, at, Math.min(piece, frames.length - at)));
            }
        } catch (ConnectionErrorException e) {
            told.text.append(e.code()).append(' ').append(e.fault());
        }
        return told.text.toString();
    }

    private static final class Told implements FrameReader.Handler {

        final StringBuilder text = new StringBuilder();
        private final HpackReader hpack = new HpackReader();
        private final PeerSettings settings = new PeerSettings();

        @Override
        public void dataBegins(int stream, int octets) {
            text.append("data ").append(stream).append(' ').append(octets).append(' ');
        }

        @Override
        public void data(int stream, ByteBuffer content) {
            text.append(StandardCharsets.ISO_8859_1.decode(content));
        }

        @Override
        public void dataEnds(int stream, int padding, boolean empty, boolean endStream) {
            text.append(' ').append(padding).append(empty).append(endStream).append('\n');
        }

        @Override
        public void head(int stream, ByteBuffer block, boolean endStream) throws ConnectionErrorException {
            FieldSection section = new FieldSection("response head");
            hpack.decode(block, section);
            text.append("head ").append(stream).append(endStream).append(section.status());
            try {
                section.check(true);
                for (HeaderValues values : section.fields()) {
                    assertThat(values.getHeaderName().toString()).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
                    values.forEach(value -> assertThat(value).doesNotContain("\r", "\n", "\0"));
                    text.append(values);
                }
            } catch (MalformedResponseException e) {
                text.append(e.getMessage());
            }
            text.append('\n');
        }

        @Override
        public void reset(int stream, int code) {
            text.append("reset ").append(stream).append(' ').append(code).append('\n');
        }

        @Override
        public void settings(ByteBuffer payload) throws ConnectionErrorException {
            settings.apply(payload);
            text.append("settings ").append(settings.initialWindow()).append('\n');
        }

        @Override
        public void settingsAck() {
            text.append("ack\n");
        }

        @Override
        public void ping(long opaque) {
            text.append("ping ").append(opaque).append('\n');
        }

        @Override
        public void goAway(int lastStream, int code) {
            text.append("goaway ").append(lastStream).append(' ').append(code).append('\n');
        }

        @Override
        public void windowUpdate(int stream, int increment) {
            text.append("window ").append(stream).append(' ').append(increment).append('\n');
        }

        @Override
        public void ignored() {
            text.append("ignored\n");
        }
    }
}
