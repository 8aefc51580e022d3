package dev.tlsproxy.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WebSocketBytesTest {

    @Test
    void theUpstreamEchoesAMessage() throws Exception {
        try (JavaUpstream upstream = new JavaUpstream();
                TlsClient client = TlsClient.connectPlain(upstream.port())) {
            assertThat(client.upgrade().roundTripNanos()).isPositive();
        }
    }

    @Test
    void acceptsAsTheSampleOfTheRfcDoes() {
        assertThat(new String(WebSocketBytes.accepted("dGhlIHNhbXBsZSBub25jZQ==")))
                .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    }
}
