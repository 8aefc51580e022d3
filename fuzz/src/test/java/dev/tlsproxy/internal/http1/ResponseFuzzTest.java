package dev.tlsproxy.internal.http1;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** An upstream's response in any bytes, cut anywhere: the same reading or the same refusal, and nothing that splits a head. */
class ResponseFuzzTest {

    private static final HttpString[] ASKED = {Methods.GET, Methods.HEAD, Methods.POST};

    @FuzzTest(maxDuration = "20s")
    void anyResponse(byte[] data) {
        if (data.length < 2) {
            return;
        }
        HttpString method = ASKED[(data[0] & 0xFF) % ASKED.length];
        int cut = 1 + (data[1] & 0xFF) % 64;
        byte[] response = Arrays.copyOfRange(data, 2, data.length);
        assertThat(read(response, cut, method)).isEqualTo(read(response, Math.max(1, response.length), method));
    }

    /** What is made of the bytes when they come in pieces of a size. */
    private static String read(byte[] response, int piece, HttpString method) {
        ResponseHeadParser parser = new ResponseHeadParser();
        int at = 0;
        try {
            while (at < response.length) {
                int length = Math.min(piece, response.length - at);
                ByteBuffer in = ByteBuffer.wrap(response, at, length);
                ResponseHead head = parser.parse(in);
                at += length - in.remaining();
                if (head != null) {
                    assertClean(head.fields());
                    ResponseFraming framing = ResponseFraming.of(head, method);
                    return head.status() + " " + head.reason() + " " + text(head.fields()) + framing
                            + (framing.kind() == ResponseFraming.Kind.CHUNKED ? chunks(response, at, piece) : "");
                }
            }
            return "incomplete";
        } catch (MalformedResponseException e) {
            return "malformed"; // of several faults, which is told first may depend on the pieces
        }
    }

    private static String chunks(byte[] response, int from, int piece) throws MalformedResponseException {
        ChunkedDecoder decoder = new ChunkedDecoder();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        int surplus = 0;
        for (int at = from; at < response.length && !decoder.isDone(); at += piece) {
            int length = Math.min(piece, response.length - at);
            ByteBuffer buffer = ByteBuffer.allocate(length).put(response, at, length);
            surplus = decoder.decode(buffer, 0) + response.length - at - length;
            data.write(buffer.array(), 0, buffer.position());
        }
        if (decoder.isDone()) {
            assertClean(decoder.trailers());
        }
        return data.toString(StandardCharsets.ISO_8859_1)
                + (decoder.isDone() ? " end, then " + surplus + text(decoder.trailers()) : " no end");
    }

    private static void assertClean(HeaderMap fields) {
        for (HeaderValues values : fields) {
            assertThat(values.getHeaderName().toString()).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
            for (String value : values) {
                assertThat(value).doesNotContain("\r", "\n", "\0");
            }
        }
    }

    private static String text(HeaderMap fields) {
        StringBuilder text = new StringBuilder("{");
        for (HeaderValues values : fields) {
            text.append(values.getHeaderName()).append(List.copyOf(values));
        }
        return text.append('}').toString();
    }
}
