package dev.tlsproxy.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** An upstream that reads one request head per connection and leaves all else to the test. One daemon thread each. */
public final class StreamingUpstream implements AutoCloseable {

    /** Reads the request's body and writes the response, as it likes; the connection ends with it. */
    @FunctionalInterface
    public interface Talk {
        void with(String head, InputStream in, OutputStream out) throws Exception;
    }

    private final ServerSocket server;
    private final Talk talk;
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    public StreamingUpstream(Talk talk) throws IOException {
        this(new ServerSocket(0, 256, InetAddress.getLoopbackAddress()), talk);
    }

    private StreamingUpstream(ServerSocket server, Talk talk) {
        this.server = server;
        this.talk = talk;
        daemon("streaming-upstream-accept", this::accept);
    }

    /** One that speaks TLS, with a certificate for {@code localhost}. */
    public static StreamingUpstream tls(SSLContext context, Talk talk) throws IOException {
        return new StreamingUpstream(
                context.getServerSocketFactory().createServerSocket(0, 256, InetAddress.getLoopbackAddress()), talk);
    }

    public String uri() {
        return (server instanceof SSLServerSocket ? "https://localhost:" : "http://127.0.0.1:") + server.getLocalPort();
    }

    /** How many connections are open at this moment. */
    public int open() {
        return connections.size();
    }

    /** How many connections there were in all. */
    public int accepted() {
        return accepted.get();
    }

    public static void write(OutputStream out, String latin1) throws IOException {
        out.write(latin1.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** Request line and fields with the empty line; null at the end of the stream. */
    public static String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket connection = server.accept();
                accepted.incrementAndGet();
                connections.add(connection);
                daemon("streaming-upstream", () -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            String head = readHead(connection.getInputStream());
            if (head != null) {
                talk.with(head, connection.getInputStream(), connection.getOutputStream());
            }
        } catch (Exception e) {
            // the proxy or the test ended the connection
        } finally {
            connections.remove(connection);
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
