package dev.tlsproxy.tests;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes of a client's frames (RFC 6455 section 5.2), right or wrong as asked for. */
final class WebSocketFrames {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    private static final byte[] MASK = {0x37, (byte) 0xfa, 0x21, 0x3d};

    private WebSocketFrames() {}

    /** A whole message in one frame. */
    static byte[] frame(int opcode, byte[] payload) {
        return frame(true, 0, opcode, payload);
    }

    /** Any frame, masked as a client's is. */
    static byte[] frame(boolean fin, int reserved, int opcode, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
        frame.put((byte) ((fin ? 0x80 : 0) | reserved << 4 | opcode));
        if (payload.length < 126) {
            frame.put((byte) (0x80 | payload.length));
        } else if (payload.length < 65_536) {
            frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
        } else {
            frame.put((byte) (0x80 | 127)).putLong(payload.length);
        }
        frame.put(MASK);
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (payload[i] ^ MASK[i & 3]));
        }
        byte[] bytes = new byte[frame.flip().remaining()];
        frame.get(bytes);
        return bytes;
    }

    static byte[] text(String text) {
        return frame(TEXT, utf8(text));
    }

    static byte[] ping(String text) {
        return frame(PING, utf8(text));
    }

    static byte[] close(int code, String reason) {
        return frame(CLOSE, join(new byte[] {(byte) (code >> 8), (byte) code}, utf8(reason)));
    }

    /** A message in fragments of a size. */
    static byte[] fragments(int opcode, byte[] payload, int size) {
        ByteArrayOutputStream all = new ByteArrayOutputStream(payload.length + payload.length / size * 14 + 14);
        int from = 0;
        do {
            int length = Math.min(size, payload.length - from);
            byte[] part = new byte[length];
            System.arraycopy(payload, from, part, 0, length);
            boolean last = from + length == payload.length;
            all.writeBytes(frame(last, 0, from == 0 ? opcode : CONTINUATION, part));
            from += length;
        } while (from < payload.length);
        return all.toByteArray();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
