package dev.tlsproxy.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * An upstream that keeps the PROXY header of each connection, and answers each request on it with the connection's number.
 * A request for {@code /last} is answered, and the next one on that connection is read and not. Upgrades are answered with
 * 101, and what comes then with itself.
 */
public final class HeaderUpstream implements AutoCloseable {

    private static final int V2_LENGTH = 16;

    private final ServerSocket server;
    private final SSLContext tls;
    private final List<String> headers = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** One for plain HTTP, where the header may be missing, or for TLS, where it may not. */
    public HeaderUpstream(SSLContext tls) throws IOException {
        this.tls = tls;
        this.server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    public String uri() {
        return "http://127.0.0.1:" + port();
    }

    /** In the order of the connections, one char per byte; empty text for none. */
    public List<String> headers() {
        return List.copyOf(headers);
    }

    public int openConnections() {
        return open.size();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                open.add(socket);
                daemon(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(10_000);
            if (tls == null) {
                InputStream in = new BufferedInputStream(socket.getInputStream());
                answer(socket, in, add(isHttp(in) ? "" : readHeader(in)));
            } else {
                int number = add(readHeader(socket.getInputStream()));
                SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(socket, null, true);
                answer(secure, new BufferedInputStream(secure.getInputStream()), number);
            }
        } catch (IOException e) {
            // the peer or the test ended the connection
        } finally {
            open.remove(socket);
        }
    }

    private synchronized int add(String header) {
        headers.add(header);
        return headers.size();
    }

    private static boolean isHttp(InputStream in) throws IOException {
        in.mark(1);
        int first = in.read();
        in.reset();
        return first == 'G';
    }

    /** Byte by byte: what follows belongs to TLS or HTTP. */
    private static String readHeader(InputStream in) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        String soFar = "";
        while (!isComplete(soFar)) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("after \"" + soFar + "\"");
            }
            header.write(b);
            soFar = header.toString(StandardCharsets.ISO_8859_1);
        }
        return soFar;
    }

    private static boolean isComplete(String header) {
        if (!header.startsWith("\r")) {
            return header.endsWith("\r\n");
        }
        return header.length() >= V2_LENGTH
                && header.length() == V2_LENGTH + (header.charAt(14) << 8) + header.charAt(15);
    }

    private static void answer(Socket socket, InputStream in, int number) throws IOException {
        String target = "";
        while (!target.equals("/last")) {
            RawUpstream.Request request = RawUpstream.Request.read(in);
            target = request.target();
            if (request.header("Upgrade").isPresent()) {
                TunnelEnds.write(socket, TunnelEnds.SWITCHING);
                in.transferTo(socket.getOutputStream());
                return;
            }
            RawUpstream.write(socket, RawUpstream.ok("connection " + number));
        }
        RawUpstream.Request.read(in);
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "header-upstream");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
