package dev.tlsproxy.tests;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An upstream on a plain socket, which keeps each request head byte for byte (one char per byte) and so shows what an
 * HTTP library would have put right. One thread per connection.
 */
final class RawUpstream implements AutoCloseable {

    /** Reads what is left of a request and answers it; a connection is closed when this returns false. */
    interface Answer {
        boolean answer(String head, InputStream in, OutputStream out) throws IOException;
    }

    final List<String> heads = new CopyOnWriteArrayList<>();
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Answer answer;

    RawUpstream(Answer answer) {
        this.answer = answer;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon("raw-upstream-accept", this::accept);
    }

    /** An upstream that answers every request without a body with the same JSON. */
    static RawUpstream ok() {
        return new RawUpstream((head, in, out) -> {
            out.write(latin1("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
            out.flush();
            return true;
        });
    }

    String uri() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** The request lines that came, without their CRLF. */
    List<String> requestLines() {
        return heads.stream()
                .map(head -> head.substring(0, head.indexOf("\r\n")))
                .toList();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                open.add(socket);
                daemon("raw-upstream", () -> serve(socket));
            }
        } catch (IOException e) {
            // closed: no more connections
        }
    }

    private void serve(Socket socket) {
        try (socket;
                InputStream in = new BufferedInputStream(socket.getInputStream());
                OutputStream out = socket.getOutputStream()) {
            String head = readHead(in);
            while (!head.isEmpty()) {
                heads.add(head);
                head = answer.answer(head, in, out) ? readHead(in) : "";
            }
        } catch (IOException e) {
            // the peer or the test ended the connection
        } finally {
            open.remove(socket);
        }
    }

    private static String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int ended = 0;
        for (int next = in.read(); next >= 0; next = in.read()) {
            head.write(next);
            ended = next == (ended % 2 == 0 ? '\r' : '\n') ? ended + 1 : next == '\r' ? 1 : 0;
            if (ended == 4) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
        }
        return "";
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }
}
