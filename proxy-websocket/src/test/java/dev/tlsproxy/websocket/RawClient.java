package dev.tlsproxy.websocket;

import dev.tlsproxy.TlsProxy;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.net.ssl.SSLSocketFactory;

/** A client that sends any bytes it is told to, over TLS. */
final class RawClient implements AutoCloseable {

    static final String PROPER = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    private final Socket socket;
    private final DataInputStream in;

    RawClient(TlsProxy proxy) throws IOException {
        int port = proxy.addresses().https().getPort();
        SSLSocketFactory factory = proxy.trustedSslContext().getSocketFactory();
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        socket = factory.createSocket(plain, "live.localhost", port, true);
        socket.setSoTimeout(10_000);
        in = new DataInputStream(socket.getInputStream());
    }

    /** Asks for a tunnel, with frames behind the request in the same write, and gives the head of the answer. */
    String ask(String fields, String framesHex) throws IOException {
        byte[] head = ("GET /chat HTTP/1.1\r\nHost: live.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + fields + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] frames = HexFormat.of().parseHex(framesHex);
        byte[] all = new byte[head.length + frames.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(frames, 0, all, head.length, frames.length);
        socket.getOutputStream().write(all);
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\n") < 0) {
            answer.append((char) in.readUnsignedByte());
        }
        return answer.toString();
    }

    void send(String hex) throws IOException {
        socket.getOutputStream().write(HexFormat.of().parseHex(hex));
    }

    /** The next frame, in hex. */
    String frame() throws IOException {
        byte[] head = in.readNBytes(2);
        byte[] payload = in.readNBytes(head[1]);
        return HexFormat.of().formatHex(head) + HexFormat.of().formatHex(payload);
    }

    /** Tells whether nothing but the end of the stream follows. */
    boolean ended() throws IOException {
        return in.read() < 0;
    }

    /** Ends the connection. */
    void leave() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
