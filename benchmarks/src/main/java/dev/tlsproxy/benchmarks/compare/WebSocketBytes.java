package dev.tlsproxy.benchmarks.compare;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** As much of RFC 6455 as an echo of messages of up to 125 bytes needs, on both sides. */
final class WebSocketBytes {

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int BINARY = 0x82;
    private static final int MASKED = 0x80;
    private static final int LONGEST = 125;

    private WebSocketBytes() {}

    /** Reads a head with its empty line; empty at the end of the connection. */
    static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int octet = in.read();
            if (octet < 0) {
                return "";
            }
            head.append((char) octet);
        }
        return head.toString();
    }

    static byte[] request(String host, String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: " + host
                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] accepted(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
            return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(hash) + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A client's message, masked with zeros: masked all the same for whoever reads it. */
    static byte[] clientMessage(int length) {
        byte[] frame = new byte[2 + 4 + length];
        frame[0] = (byte) BINARY;
        frame[1] = (byte) (MASKED | length);
        return frame;
    }

    /** Reads one message of the server. */
    static byte[] serverMessage(InputStream in) throws IOException {
        byte[] start = in.readNBytes(2);
        if (start.length < 2 || (start[0] & 0xff) != BINARY || start[1] < 0 || start[1] > LONGEST) {
            throw new EOFException("no short, unmasked binary message");
        }
        return in.readNBytes(start[1]);
    }

    /** Sends each message of the client back, until the connection ends. */
    static void echo(InputStream in, OutputStream out) throws IOException {
        byte[] start = in.readNBytes(6);
        while (start.length == 6) {
            int length = start[1] & 0x7f;
            if (length > LONGEST) {
                throw new IOException("a message of more than " + LONGEST + " bytes");
            }
            byte[] payload = in.readNBytes(length);
            byte[] answer = new byte[2 + length];
            answer[0] = start[0];
            answer[1] = (byte) length;
            for (int i = 0; i < payload.length; i++) {
                answer[2 + i] = (byte) (payload[i] ^ start[2 + i % 4]);
            }
            out.write(answer);
            start = in.readNBytes(6);
        }
    }
}
