package dev.tlsproxy.internal.http;

import io.undertow.protocols.http2.HpackDecoder;
import io.undertow.util.HttpString;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Writes HTTP/2 frames by hand, so that it can send what no client library would. */
public final class H2Client implements AutoCloseable {

    public static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final HpackDecoder decoder = new HpackDecoder(4096);

    public H2Client(Socket socket) throws IOException {
        this.socket = socket;
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        frame(4, 0, 0, new byte[0]);
    }

    /** Names and values in turn. */
    public void headers(int stream, int flags, String... fields) throws IOException {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            byte[] bytes = RawUpstream.bytes(fields[i]);
            block.write(Math.min(bytes.length, 127));
            if (bytes.length >= 127) {
                block.write(bytes.length - 127);
            }
            block.write(bytes);
        }
        frame(1, flags | END_HEADERS, stream, block.toByteArray());
    }

    public void get(int stream, String... more) throws IOException {
        String[] fields = new String[8 + more.length];
        String[] pseudo = {":method", "GET", ":scheme", "https", ":path", "/", ":authority", "a.example.com"};
        System.arraycopy(pseudo, 0, fields, 0, 8);
        System.arraycopy(more, 0, fields, 8, more.length);
        headers(stream, END_STREAM, fields);
    }

    public void data(int stream, int flags, String text) throws IOException {
        frame(0, flags, stream, RawUpstream.bytes(text));
    }

    public void reset(int stream) throws IOException {
        frame(3, 0, stream, new byte[] {0, 0, 0, 8});
    }

    /** What became of a stream: its fields and body, or {@code reset}. */
    public Map<String, String> response(int stream) throws Exception {
        Map<String, String> result = new HashMap<>();
        StringBuilder body = new StringBuilder();
        while (true) {
            int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int id = in.readInt();
            byte[] payload = in.readNBytes(length);
            if (type == 1) {
                Map<String, String> fields = new HashMap<>();
                decoder.setHeaderEmitter((HttpString name, String value, boolean never) -> fields.merge(
                        name.toString().toLowerCase(java.util.Locale.ROOT), value, (a, b) -> a + ", " + b));
                decoder.decode(ByteBuffer.wrap(payload), false);
                if (id == stream) {
                    result.putAll(fields);
                }
            } else if (type == 0 && id == stream) {
                body.append(new String(payload, StandardCharsets.ISO_8859_1));
            } else if (type == 3 && id == stream) {
                result.put("reset", Integer.toString(ByteBuffer.wrap(payload).getInt()));
                return result;
            } else if (type == 7) {
                result.put("goaway", Integer.toString(ByteBuffer.wrap(payload).getInt(4)));
                return result;
            }
            if (id == stream && type <= 1 && (flags & END_STREAM) != 0) {
                result.put("body", body.toString());
                return result;
            }
        }
    }

    /** One frame as it came. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Frame(int type, int flags, int stream, byte[] payload) {}

    /** The next frame, whatever it is. */
    public Frame nextFrame() throws IOException {
        int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        return new Frame(type, flags, in.readInt(), in.readNBytes(length));
    }

    /** The next bytes of a stream's body, as they come. */
    public String nextData(int stream) throws IOException {
        while (true) {
            int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
            int type = in.readUnsignedByte();
            in.readUnsignedByte();
            int id = in.readInt();
            byte[] payload = in.readNBytes(length);
            if (type == 0 && id == stream && length > 0) {
                return new String(payload, StandardCharsets.ISO_8859_1);
            }
        }
    }

    public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
        frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
        out.write(frame.array());
        out.flush();
    }

    /** Bytes that are no whole frame. */
    public void raw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** Also where the peer has closed: a TLS socket that can't say goodbye throws. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is closed
        }
    }
}
