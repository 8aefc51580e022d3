package dev.tlsproxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP/2 server on a plain socket for one connection, which sends the frames that a test wants. One daemon thread. */
public final class ScriptedHttp2Server implements AutoCloseable {

    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int PING = 6;
    public static final int GOAWAY = 7;
    public static final int CONTINUATION = 9;

    public static final int ACK = 1;
    public static final int END_STREAM = 1;
    public static final int END_HEADERS = 4;

    private static final int SETTINGS = 4;
    private static final int PREFACE_LENGTH = 24;

    /** One frame as it came; {@code stream} is 0 for those of the connection. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Frame(int type, int flags, int stream, byte[] payload) {}

    /** Answers the head of a request. */
    @FunctionalInterface
    public interface Talk {
        void request(ScriptedHttp2Server server, int stream) throws Exception;
    }

    private final ServerSocket listener;
    private final byte[] settings;
    private final Talk talk;
    private final List<Frame> received = new CopyOnWriteArrayList<>();
    private volatile Socket connection;

    public ScriptedHttp2Server(Talk talk) throws IOException {
        this(new byte[0], talk);
    }

    public ScriptedHttp2Server(byte[] settings, Talk talk) throws IOException {
        this.listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        this.settings = settings;
        this.talk = talk;
        Thread thread = new Thread(this::serve, "scripted-http2-server");
        thread.setDaemon(true);
        thread.start();
    }

    /** The payload of a SETTINGS frame with SETTINGS_MAX_CONCURRENT_STREAMS. */
    public static byte[] maxConcurrentStreams(int streams) {
        return ByteBuffer.allocate(6).putShort((short) 3).putInt(streams).array();
    }

    /** A field section of names and values in turn, none longer than 126 bytes (RFC 7541 section 6.2.2). */
    public static byte[] fields(String... fields) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            block.write(fields[i].length());
            block.writeBytes(fields[i].getBytes(StandardCharsets.ISO_8859_1));
        }
        return block.toByteArray();
    }

    public static byte[] ints(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        for (int value : values) {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    /** As Undertow's client takes it for HTTP/2 without TLS and without an upgrade. */
    public URI uri() {
        return URI.create("h2c-prior://127.0.0.1:" + listener.getLocalPort());
    }

    /** How many frames of a type came with just these flags. */
    public long received(int type, int flags) {
        return received.stream()
                .filter(frame -> frame.type() == type && frame.flags() == flags)
                .count();
    }

    public ScriptedHttp2Server send(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
        frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
        synchronized (this) {
            connection.getOutputStream().write(frame.array());
        }
        return this;
    }

    public ScriptedHttp2Server send(int type, int flags, int stream, String payload) throws IOException {
        return send(type, flags, stream, payload.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() throws IOException {
        listener.close();
        if (connection != null) {
            connection.close();
        }
    }

    private void serve() {
        try (Socket socket = listener.accept()) {
            connection = socket;
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readFully(new byte[PREFACE_LENGTH]);
            send(SETTINGS, 0, 0, settings);
            while (true) {
                int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
                Frame frame =
                        new Frame(in.readUnsignedByte(), in.readUnsignedByte(), in.readInt(), in.readNBytes(length));
                received.add(frame);
                if (frame.type() == SETTINGS && frame.flags() != ACK) {
                    send(SETTINGS, ACK, 0, new byte[0]);
                } else if (frame.type() == HEADERS) {
                    talk.request(this, frame.stream());
                }
            }
        } catch (Exception e) {
            // the client or the test ended the connection
        }
    }
}
