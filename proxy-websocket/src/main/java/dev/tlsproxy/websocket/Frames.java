package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel.Side;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;

/** The frames that the proxy sends of its own. To the upstream it is a client, and masks (RFC 6455 section 5.3). */
final class Frames {

    static final int CONTINUATION = 0x0;
    static final int CLOSE = 0x8;
    static final int PING = 0x9;
    static final int PONG = 0xa;

    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final int KEY = 4;

    private final RandomGenerator random;

    /**
     * Frames with masking keys of a source.
     *
     * @param random hard to foretell: RFC 6455 section 10.3
     */
    Frames(RandomGenerator random) {
        this.random = random;
    }

    ByteBuffer close(Side to, int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer payload = ByteBuffer.allocate(2 + text.length);
        payload.putShort((short) code).put(text);
        return control(to, CLOSE, payload.array());
    }

    ByteBuffer ping(Side to, byte[] payload) {
        return control(to, PING, payload);
    }

    byte[] pingPayload() {
        byte[] payload = new byte[8];
        random.nextBytes(payload);
        return payload;
    }

    private ByteBuffer control(Side to, int opcode, byte[] payload) {
        boolean masked = to == Side.UPSTREAM;
        ByteBuffer frame = ByteBuffer.allocate(2 + KEY + payload.length);
        frame.put((byte) (FIN | opcode)).put((byte) (payload.length | (masked ? MASKED : 0)));
        if (masked) {
            byte[] key = new byte[KEY];
            random.nextBytes(key);
            frame.put(key);
            for (int i = 0; i < payload.length; i++) {
                frame.put((byte) (payload[i] ^ key[i % KEY]));
            }
        } else {
            frame.put(payload);
        }
        return frame.flip();
    }
}
