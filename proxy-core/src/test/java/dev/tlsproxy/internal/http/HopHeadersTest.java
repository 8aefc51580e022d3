package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HopHeadersTest {

    private static HeaderMap fields(String... fields) {
        HeaderMap map = new HeaderMap();
        for (int i = 0; i < fields.length; i += 2) {
            map.add(new HttpString(fields[i]), fields[i + 1]);
        }
        return map;
    }

    private static Map<String, String> text(HeaderMap map) {
        Map<String, String> text = new TreeMap<>();
        map.forEach(values -> text.put(values.getHeaderName().toString(), String.join("|", values)));
        return text;
    }

    private static RequestHead get(String... fields) {
        return new RequestHead("GET", "/", Protocols.HTTP_1_1, fields(fields), true);
    }

    @Test
    void stripsHeadersNominatedByConnection() {
        HeaderMap result = HopHeaders.upstreamRequest(
                get("Connection", "close, X-Hop", "Connection", " x-other ", "X-Hop", "1", "X-Other", "2", "Stay", "3"),
                false);
        assertThat(text(result)).isEqualTo(Map.of("Stay", "3", "Via", "1.1 tlsproxy"));
    }

    @Test
    void keepsEndToEndFieldsThatConnectionNames() {
        HeaderMap result = HopHeaders.upstreamRequest(
                get(
                        "Connection",
                        "Cookie, Host, Content-Type, Origin",
                        "Cookie",
                        "a",
                        "Host",
                        "h",
                        "Content-Type",
                        "t",
                        "Origin",
                        "o"),
                false);
        assertThat(text(result))
                .isEqualTo(
                        Map.of("Content-Type", "t", "Cookie", "a", "Host", "h", "Origin", "o", "Via", "1.1 tlsproxy"));
    }

    @Test
    void addsViaAfterThoseThatAreThere() {
        HeaderMap result = HopHeaders.upstreamRequest(get("Via", "1.0 other"), false);
        assertThat(text(result)).isEqualTo(Map.of("Via", "1.0 other|1.1 tlsproxy"));
    }

    @Test
    void passesTeTrailersOnly() {
        assertThat(text(HopHeaders.upstreamRequest(get("TE", "gzip;q=1, trailers"), false)))
                .isEqualTo(Map.of("Connection", "TE", "TE", "trailers", "Via", "1.1 tlsproxy"));
        assertThat(text(HopHeaders.upstreamRequest(get("TE", "gzip"), false))).isEqualTo(Map.of("Via", "1.1 tlsproxy"));
    }

    @Test
    void passesWebSocketUpgradeOnly() {
        assertThat(HopHeaders.asksForWebSocket(get("Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket")))
                .isTrue();
        assertThat(HopHeaders.asksForWebSocket(get("Connection", "keep-alive", "Upgrade", "websocket")))
                .isFalse();
        assertThat(HopHeaders.asksForWebSocket(get("Connection", "Upgrade", "Upgrade", "h2c")))
                .isFalse();
        assertThat(HopHeaders.asksForWebSocket(get("Connection", "Upgrade", "Upgrade", "websocket, h2c")))
                .isFalse();
        assertThat(text(HopHeaders.upstreamRequest(
                        get("Connection", "keep-alive, Upgrade", "Upgrade", "WebSocket", "Keep-Alive", "5"), true)))
                .isEqualTo(Map.of("Connection", "Upgrade", "Upgrade", "websocket", "Via", "1.1 tlsproxy"));
    }

    @Test
    void dropsDisguisedFieldsAndKeepsOtherUnderscores() {
        HeaderMap result = HopHeaders.upstreamRequest(
                get("Content_Length", "1", "transfer_encoding", "chunked", "api_key", "k"), false);
        assertThat(text(result)).isEqualTo(Map.of("Via", "1.1 tlsproxy", "api_key", "k"));
    }

    /** Also from a trusted proxy, which may pass on what its client sent. lighttpd has one character for all of these. */
    @Test
    void dropsForwardingFieldsInDisguiseAndKeepsOtherCharacters() {
        HeaderMap result = HopHeaders.upstreamRequest(
                get(
                        "X_Forwarded_For",
                        "1",
                        "X.Forwarded.Proto",
                        "1",
                        "x-real_ip",
                        "1",
                        "X~Real!IP",
                        "1",
                        "Content.Length",
                        "1",
                        "X-Forwarded-For",
                        "kept for ForwardingHeaders",
                        "SSL_CLIENT_CERT",
                        "too",
                        "a.b",
                        "c"),
                false);
        assertThat(text(result))
                .isEqualTo(Map.of(
                        "Via",
                        "1.1 tlsproxy",
                        "X-Forwarded-For",
                        "kept for ForwardingHeaders",
                        "SSL_CLIENT_CERT",
                        "too",
                        "a.b",
                        "c"));
    }

    @Test
    void dropsExpectationNobodyWaitsFor() {
        assertThat(text(HopHeaders.upstreamRequest(get("Expect", "100-continue"), false)))
                .isEqualTo(Map.of("Via", "1.1 tlsproxy"));
    }

    @Test
    void cleansResponse() {
        HeaderMap fields = fields(
                "Connection",
                "close, X-Secret, Set-Cookie",
                "X-Secret",
                "1",
                "Set-Cookie",
                "a=b",
                "Upgrade",
                "h2c",
                "Keep-Alive",
                "5",
                "Transfer-Encoding",
                "chunked",
                "Content-Length",
                "5",
                "Bad",
                "a\rb");
        HopHeaders.response(fields, Protocols.HTTP_1_0, false);
        assertThat(text(fields)).isEqualTo(Map.of("Set-Cookie", "a=b", "Via", "1.0 tlsproxy"));
    }

    @Test
    void keepsUpgradeOf101() {
        HeaderMap fields = fields("Connection", "upgrade", "Upgrade", "websocket", "Sec-WebSocket-Accept", "x");
        HopHeaders.response(fields, Protocols.HTTP_1_1, true);
        assertThat(text(fields))
                .isEqualTo(Map.of(
                        "Connection",
                        "Upgrade",
                        "Upgrade",
                        "websocket",
                        "Sec-WebSocket-Accept",
                        "x",
                        "Via",
                        "1.1 tlsproxy"));
    }

    @Test
    void cleansTrailers() {
        HeaderMap trailers = fields(
                "Content-Length",
                "1",
                "Host",
                "h",
                "Transfer-Encoding",
                "x",
                "X-Forwarded-For",
                "1",
                "grpc-status",
                "0",
                "X-Sum",
                "s");
        assertThat(HopHeaders.trailers(trailers)).isTrue();
        assertThat(text(trailers)).isEqualTo(Map.of("X-Sum", "s", "grpc-status", "0"));
        HeaderMap malformed = fields("x", "a\r\nb", "y", "1");
        assertThat(HopHeaders.trailers(malformed)).isFalse();
        assertThat(text(malformed)).isEqualTo(Map.of("y", "1"));
    }
}
