package dev.tlsproxy.tests.soak;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The upstream's end of a WebSocket tunnel: sends back each message of 126 to 65,535 bytes. */
final class UpstreamTunnel {

    /** How many messages are sent back before a fault. */
    static final int BEFORE_FAULT = 3;

    interface Broken {
        boolean serve() throws IOException;
    }

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final Call call;

    UpstreamTunnel(Socket socket, InputStream in, OutputStream out, Call call) {
        this.socket = socket;
        this.in = in;
        this.out = out;
        this.call = call;
    }

    boolean serve(String key, Broken broken) throws IOException {
        boolean opens = switch (call.fault()) {
            case NONE, TUNNEL_RESET, TUNNEL_CLOSE -> true;
            default -> false;
        };
        if (!opens) {
            return broken.serve();
        }
        out.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Id: " + call.id()
                        + "\r\nSec-WebSocket-Accept: " + accept(key) + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        for (int message = 0; call.fault() == Fault.NONE || message < BEFORE_FAULT; message++) {
            if (!echo()) {
                return false;
            }
        }
        if (call.fault() == Fault.TUNNEL_RESET) {
            socket.setSoLinger(true, 0);
        }
        return false;
    }

    private boolean echo() throws IOException {
        byte[] head = in.readNBytes(8);
        if (head.length < 8) {
            return false;
        }
        if ((head[0] & 0x0f) == 8) { // Close: back as it came, without the mask
            out.write(new byte[] {(byte) 0x88, 2, head[6], head[7]});
            return false;
        }
        int length = (head[2] & 0xff) << 8 | head[3] & 0xff;
        byte[] payload = in.readNBytes(length);
        byte[] frame = new byte[4 + payload.length];
        frame[0] = head[0];
        frame[1] = 126;
        frame[2] = head[2];
        frame[3] = head[3];
        System.arraycopy(payload, 0, frame, 4, payload.length); // the clients' mask is zero
        out.write(frame);
        return payload.length == length;
    }

    private static String accept(String key) {
        try {
            byte[] sha1 = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(sha1);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
