package dev.tlsproxy.websocket;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that keeps each frame it gets, whatever that is, and answers nothing but a close frame. */
final class RecordingServer implements AutoCloseable {

    static final String END = "end";

    final AtomicInteger requests = new AtomicInteger();

    /** Each frame in hex, its payload unmasked: the first byte and the payload; then {@link #END}. */
    final BlockingQueue<String> frames = new LinkedBlockingQueue<>();

    private final ServerSocket server;

    RecordingServer() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::serve, "recording-server");
        thread.setDaemon(true);
        thread.start();
    }

    String uri() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /** One after the other. */
    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                DataInputStream in = new DataInputStream(socket.getInputStream());
                readHead(in);
                socket.getOutputStream()
                        .write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                while (!record(socket, in)) {}
                frames.add(END);
            } catch (IOException e) {
                frames.add(e.toString());
            }
        }
    }

    private void readHead(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        requests.incrementAndGet();
    }

    /** Reads a frame of up to 125 bytes; true at the end of the stream. */
    private boolean record(Socket socket, DataInputStream in) throws IOException {
        int first = in.read();
        if (first < 0) {
            return true;
        }
        byte[] payload = new byte[in.readUnsignedByte() & 0x7f];
        byte[] mask = in.readNBytes(4);
        in.readFully(payload);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i % 4];
        }
        String hex = HexFormat.of().toHexDigits((byte) first) + HexFormat.of().formatHex(payload);
        frames.add(hex);
        if (first == 0x88) {
            socket.getOutputStream().write(HexFormat.of().parseHex(Wire.fromServer(0x88, hex.substring(2, 6))));
        }
        return false;
    }
}
