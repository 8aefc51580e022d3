package dev.tlsproxy.websocket;

import static dev.tlsproxy.websocket.TunnelUnderTest.closeToClient;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client must not send: the answer RFC 6455 asks for, and nothing of it at the upstream. */
class RefusedInputIT {

    private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|";
    private static final String V13 = "Sec-WebSocket-Version: 13|";

    @ParameterizedTest
    @CsvSource({
        "426, Sec-WebSocket-Version: 12|" + KEY,
        "426, Sec-WebSocket-Version: 14|" + KEY,
        "426, Sec-WebSocket-Version: 8|" + KEY,
        "426, Sec-WebSocket-Version: 13|Sec-WebSocket-Version: 8|" + KEY,
        "426, " + KEY,
        "400, " + V13,
        "400, " + V13 + KEY + KEY,
        "400, " + V13 + "Sec-WebSocket-Key: short|",
        "400, " + V13 + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTEyMw==|",
        "400, " + V13 + "Sec-WebSocket-Key: !!!!IHNhbXBsZSBub25jZQ==|",
        "403, " + V13 + KEY + "Origin: https://evil.example|",
        "403, " + V13 + KEY + "Origin: https://live.localhost.evil.example|",
        "403, " + V13 + KEY + "Origin: http://live.localhost|",
        "403, " + V13 + KEY + "Origin: null|",
        "403, " + V13 + KEY + "Sec-WebSocket-Protocol: x|"
    })
    void requestIsRefusedBeforeItsUpstreamHearsOfIt(int status, String fields) throws Exception {
        WebSockets policy =
                WebSockets.defaults().allowedOrigins("https://live.localhost").subprotocols("mqtt");
        try (RecordingServer server = new RecordingServer();
                TlsProxy proxy = WebSocketsIT.started(server.uri(), policy)) {
            try (RawClient client = new RawClient(proxy)) {
                String answer = client.ask(fields.replace("|", "\r\n"), "");
                assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
                if (status == 426) {
                    assertThat(answer).containsIgnoringCase("\r\nSec-WebSocket-Version: 13\r\n");
                }
            }
            try (RawClient proper = new RawClient(proxy)) {
                assertThat(proper.ask(RawClient.PROPER + "Origin: https://live.localhost\r\n", ""))
                        .startsWith("HTTP/1.1 101 ");
            }
            assertThat(server.requests).hasValue(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1002, 8101ff, unmasked frame from client",
        "1002, 8800, unmasked frame from client",
        "1002, c18101020304ff, reserved bit without extension",
        "1002, a18101020304ff, reserved bit without extension",
        "1002, 918101020304ff, reserved bit without extension",
        "1002, c98101020304ff, reserved bit without extension",
        "1002, 838101020304ff, unknown opcode",
        "1002, 8f8101020304ff, unknown opcode",
        "1002, 09810102030400, fragmented control frame",
        "1002, 89fe007e01020304, control frame too large",
        "1002, 80810102030400, continuation of no message",
        "1002, 81fe007d01020304, length not in its shortest form",
        "1002, 81ff800000000000000001020304, length beyond 63 bits",
        "1002, 88810102030402, close frame with half a code",
        "1002, 88820102030402ef, close code 1005",
        "1002, 88820102030402ec, close code 1006",
        "1002, 88820102030402f5, close code 1015",
        "1002, 88820102030402ee, close code 1004",
        "1002, 8882010203040102, close code 0",
        "1007, 88840102030402eac02c, close reason not UTF-8",
        "1009, 81fe010101020304, frame too large",
        "1009, 81e4010203040000, message too large"
    })
    void frameClosesBothSidesAndNeverReachesTheUpstream(int code, String frame, String reason) throws Exception {
        WebSockets policy = WebSockets.defaults().maxFrame(256).maxMessage(99);
        String before = Wire.fromClient(0x81, Wire.text("before"));
        try (RecordingServer server = new RecordingServer();
                TlsProxy proxy = WebSocketsIT.started(server.uri(), policy);
                RawClient client = new RawClient(proxy)) {
            assertThat(client.ask(RawClient.PROPER, before + frame + before)).startsWith("HTTP/1.1 101 ");

            assertThat(client.frame()).isEqualTo(closeToClient(code, reason));
            assertThat(client.ended()).isTrue();
            assertThat(server.frames.poll(10, TimeUnit.SECONDS)).isEqualTo("81" + Wire.text("before"));
            assertThat(server.frames.poll(10, TimeUnit.SECONDS)).isEqualTo("88" + Wire.close(code, reason));
            assertThat(server.frames.poll(10, TimeUnit.SECONDS)).isEqualTo(RecordingServer.END);
        }
    }
}
