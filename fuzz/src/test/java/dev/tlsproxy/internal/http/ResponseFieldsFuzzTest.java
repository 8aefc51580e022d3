package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Fields of a response and its trailers in any bytes: none that is for one connection only gets through. */
class ResponseFieldsFuzzTest {

    @FuzzTest(maxDuration = "20s")
    void anyFields(byte[] data) {
        HeaderMap fields = new HeaderMap();
        HeaderMap trailers = new HeaderMap();
        for (String line : new String(data, StandardCharsets.ISO_8859_1).split("\u0001", 60)) {
            int colon = line.indexOf(':', 1);
            if (colon > 0 && RequestFuzzTest.isNamed(line, colon)) {
                HttpString name = new HttpString(line.substring(0, colon));
                fields.add(name, line.substring(colon + 1));
                trailers.add(name, line.substring(colon + 1));
            }
        }
        HopHeaders.response(fields, Protocols.HTTP_1_1, false);
        HopHeaders.trailers(trailers);
        for (HeaderMap map : List.of(fields, trailers)) {
            for (HeaderValues values : map) {
                assertThat(values.getHeaderName().toString().toLowerCase(Locale.ROOT))
                        .isNotIn("connection", "keep-alive", "proxy-connection", "te", "upgrade", "proxy-authenticate");
            }
        }
    }
}
