package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestRulesTest {

    private static RequestHead head(
            String method, String target, HttpString protocol, boolean ended, String... fields) {
        HeaderMap map = new HeaderMap();
        for (int i = 0; i < fields.length; i += 2) {
            map.add(new HttpString(fields[i]), fields[i + 1]);
        }
        return new RequestHead(method, target, protocol, map, ended);
    }

    private static int refusal(RequestHead head) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> RequestRules.check(head, ""));
        return refusal == null ? 200 : refusal.status();
    }

    private static int refusal(String... fields) {
        return refusal(head("GET", "/", Protocols.HTTP_1_1, false, fields));
    }

    @ParameterizedTest
    @CsvSource({
        "a.example.com, a.example.com, -1",
        "A.Example.com.:8443, a.example.com, 8443",
        "[2001:db8::1]:443, 2001:db8:0:0:0:0:0:1, 443",
        "192.0.2.1, 192.0.2.1, -1",
    })
    void readsAuthority(String text, String host, int port) {
        Authority authority = Authority.parse(text);
        assertThat(authority).isEqualTo(new Authority(text, host, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a b",
                "user@a",
                "a:",
                "a:0",
                "a:65536",
                "a:x",
                "a:+1",
                "2001:db8::1",
                "[::1",
                "[fe80::1%25eth0]",
                "a/b",
                "a?b",
                "a,b",
                "\u00fc.test",
                "1.2.3.999",
                "a..b",
                "-a.test"
            })
    void refusesInvalidHost(String host) {
        assertThat(refusal("Host", host)).isEqualTo(400);
    }

    @Test
    void wantsExactlyOneHost() {
        assertThat(refusal()).isEqualTo(400);
        assertThat(refusal("Host", "a", "Host", "a")).isEqualTo(400);
        assertThat(refusal("Host", "a")).isEqualTo(200);
    }

    @Test
    void takesServerNameForHttp10WithoutHost() {
        RequestHead head = head("GET", "/", Protocols.HTTP_1_0, true);
        assertThat(RequestRules.check(head, "a.test").host()).isEqualTo("a.test");
        assertThat(refusal(head)).isEqualTo(400);
    }

    @Test
    void refusesOtherVersions() {
        assertThat(refusal(head("GET", "/", Protocols.HTTP_0_9, true, "Host", "a")))
                .isEqualTo(505);
    }

    @Test
    void wantsTargetAndHostToAgree() {
        assertThat(refusal(head("GET", "http://a/x", Protocols.HTTP_1_1, true, "Host", "a")))
                .isEqualTo(200);
        assertThat(refusal(head("GET", "http://b/x", Protocols.HTTP_1_1, true, "Host", "a")))
                .isEqualTo(400);
        assertThat(refusal(head("GET", "http://a:80/x", Protocols.HTTP_1_1, true, "Host", "a")))
                .isEqualTo(400);
        assertThat(refusal(head("GET", "http://u@a/x", Protocols.HTTP_1_1, true, "Host", "a")))
                .isEqualTo(400);
        assertThat(refusal(head("GET", "ftp://a/x", Protocols.HTTP_1_1, true, "Host", "a")))
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"http://a?x=1, /?x=1", "http://a, /", "https://a/b?c://d, /b?c://d", "/x?http://y/, /x?http://y/"})
    void cutsAuthorityOffTarget(String target, String expected) {
        assertThat(head("GET", target, Protocols.HTTP_1_1, true).originForm()).isEqualTo(expected);
    }

    @Test
    void knowsOneExpectation() {
        assertThat(refusal("Host", "a", "Expect", "100-Continue")).isEqualTo(200);
        assertThat(refusal("Host", "a", "Expect", "tea")).isEqualTo(417);
    }

    @Test
    void knowsOneTransferCoding() {
        assertThat(refusal("Host", "a", "Transfer-Encoding", "Chunked")).isEqualTo(200);
        assertThat(refusal("Host", "a", "Transfer-Encoding", "gzip, chunked")).isEqualTo(501);
        assertThat(refusal("Host", "a", "Transfer-Encoding", "chunked", "Content-Length", "1"))
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", "1,1", "0x1", " 1", "1234567890123456789", "\u0661"})
    void refusesInvalidContentLength(String length) {
        assertThat(refusal("Host", "a", "Content-Length", length)).isEqualTo(400);
    }

    @Test
    void refusesHttp2BodyThatIsMissing() {
        assertThat(refusal(head("POST", "/", Protocols.HTTP_2_0, true, "Host", "a", "Content-Length", "1")))
                .isEqualTo(400);
        assertThat(refusal(head("POST", "/", Protocols.HTTP_2_0, true, "Host", "a", "Content-Length", "0")))
                .isEqualTo(200);
        assertThat(refusal(head("POST", "/", Protocols.HTTP_2_0, false, "Host", "a", "Content-Length", "1")))
                .isEqualTo(200);
    }

    @Test
    void acceptsTrimmedAndEmptyValuesInHttp2() {
        assertThat(refusal(head("GET", "/", Protocols.HTTP_2_0, true, "Host", "a", "X", "", "Y", "a b")))
                .isEqualTo(200);
        assertThat(refusal(head("GET", "/", Protocols.HTTP_2_0, true, "Host", "a", "X", "a ")))
                .isEqualTo(400);
    }
}
