package dev.tlsproxy.tests;

import static dev.tlsproxy.tests.RawUpstream.latin1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;

/**
 * A page at {@code /} that opens a WebSocket at {@code /ws}; there, one message at once behind the 101, then every text
 * message comes back (RFC 6455; messages of up to 125 bytes).
 */
final class WebSocketUpstream {

    private static final String PAGE = """
            <!DOCTYPE html><title>waiting</title><script>
            const socket = new WebSocket(`wss://${location.host}/ws`);
            const received = [];
            socket.onopen = () => { socket.send('one'); socket.send('two'); };
            socket.onmessage = message => { received.push(message.data); document.title = received.join(' '); };
            socket.onclose = close => { document.title = `closed ${close.code}`; };
            </script>
            """;

    private WebSocketUpstream() {}

    static RawUpstream start() {
        return new RawUpstream(WebSocketUpstream::answer);
    }

    private static boolean answer(String head, InputStream in, OutputStream out) throws IOException {
        if (head.startsWith("GET /ws ")) {
            talk(head, in, out);
            return false;
        }
        boolean found = head.startsWith("GET / ");
        byte[] body = found ? PAGE.getBytes(StandardCharsets.UTF_8) : new byte[0];
        out.write(latin1("HTTP/1.1 " + (found ? "200 OK" : "404 Not Found")
                + "\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: " + body.length + "\r\n\r\n"));
        out.write(body);
        out.flush();
        return true;
    }

    private static void talk(String head, InputStream in, OutputStream out) throws IOException {
        String response = switching(head);
        // in one write with the 101: a proxy that forgets what it read behind the head loses it
        out.write(concat(latin1(response), frame(1, "eager".getBytes(StandardCharsets.UTF_8))));
        out.flush();
        for (int first = in.read(); first >= 0; first = in.read()) {
            int length = in.read() & 0x7F;
            byte[] mask = in.readNBytes(4);
            byte[] payload = in.readNBytes(length);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= mask[i % 4];
            }
            int opcode = first & 0x0F;
            out.write(frame(opcode, payload));
            out.flush();
            if (opcode == 8) {
                return;
            }
        }
    }

    /** The 101 for a request. */
    static String switching(String head) {
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + accept(field(head, "sec-websocket-key")) + "\r\n\r\n";
    }

    /** A frame of up to 125 bytes. */
    static byte[] frame(int opcode, byte[] payload) {
        return concat(new byte[] {(byte) (0x80 | opcode), (byte) payload.length}, payload);
    }

    private static String accept(String key) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1")
                            .digest(latin1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String field(String head, String name) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).trim())
                .findFirst()
                .orElse("");
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }
}
