package dev.tlsproxy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.xnio.IoUtils;

/** The upstream of a {@link WarmUpProxy}: gives each request without a body the same small response. */
final class WarmUpUpstream implements AutoCloseable {

    private static final int BACKLOG = 16;
    private static final int MOST_CONNECTIONS = 16;
    private static final String BODY = "\r\n\r\nd8:intervali1800e5:peers0:e";
    private static final byte[] RESPONSE = bytes("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
            + (BODY.length() - 4) + "\r\nServer: warm-up" + BODY);
    private static final byte[] HEAD_END = bytes("\r\n\r\n");
    private static final byte[] RESPONSE_END = bytes(BODY);

    private final ServerSocket listener;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    private WarmUpUpstream(ServerSocket listener) {
        this.listener = listener;
    }

    static WarmUpUpstream open() throws IOException {
        WarmUpUpstream upstream = new WarmUpUpstream(new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress()));
        Workers.inBackground("warm-up-upstream", upstream::accept);
        return upstream;
    }

    String uri() {
        String host = listener.getInetAddress().getHostAddress();
        return "http://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = listener.accept();
                connections.add(connection);
                if (listener.isClosed() || connections.size() > MOST_CONNECTIONS) {
                    end(connection);
                } else {
                    Workers.inBackground("warm-up-upstream", () -> serve(connection));
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket connection) {
        try {
            connection.setTcpNoDelay(true);
            InputStream in = connection.getInputStream();
            byte[] head = new byte[2048];
            int length = 0;
            int read;
            while (length < head.length && (read = in.read(head, length, head.length - length)) >= 0) {
                length += read;
                if (endsWith(head, length, HEAD_END)) {
                    connection.getOutputStream().write(RESPONSE);
                    length = 0;
                }
            }
        } catch (IOException e) {
            // the proxy has closed
        } finally {
            end(connection);
        }
    }

    /** Whether some bytes end as each response does. */
    static boolean endsResponse(byte[] bytes, int length) {
        return endsWith(bytes, length, RESPONSE_END);
    }

    private static boolean endsWith(byte[] bytes, int length, byte[] end) {
        return length >= end.length && Arrays.equals(bytes, length - end.length, length, end, 0, end.length);
    }

    private void end(Socket connection) {
        connections.remove(connection);
        IoUtils.safeClose(connection);
    }

    /** Ends its threads too, soon. */
    @Override
    public void close() {
        IoUtils.safeClose(listener);
        connections.forEach(this::end);
    }

    private static byte[] bytes(String latin1) {
        return latin1.getBytes(StandardCharsets.ISO_8859_1);
    }
}
