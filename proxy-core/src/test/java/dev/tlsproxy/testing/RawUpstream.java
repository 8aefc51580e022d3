package dev.tlsproxy.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * An HTTP/1.1 server that keeps every request head byte for byte and answers with the bytes a test writes. One daemon
 * thread per connection.
 */
public final class RawUpstream implements AutoCloseable {

    /** Answers one request on its connection; the body is already read. */
    @FunctionalInterface
    public interface Answer {
        void write(Request request, Socket connection) throws IOException;
    }

    private final ServerSocket server;
    private final int port;
    private final Thread accepting;
    private final Answer answer;
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    private RawUpstream(int port, Answer answer) throws IOException {
        this.server = new ServerSocket(port, 128, InetAddress.getLoopbackAddress());
        this.port = server.getLocalPort();
        this.answer = answer;
        this.accepting = daemon("raw-upstream-accept", this::accept);
    }

    public static RawUpstream answering(Answer answer) throws IOException {
        return new RawUpstream(0, answer);
    }

    /** One in place of another that was closed. */
    public static RawUpstream again(RawUpstream closed) throws IOException {
        return new RawUpstream(closed.port(), closed.answer);
    }

    /** Answers 200 with a text. */
    public static RawUpstream saying(String text) throws IOException {
        return answering((request, connection) -> write(connection, ok(text)));
    }

    public static String ok(String text) {
        return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                + text.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + text;
    }

    public static void write(Socket connection, String latin1) throws IOException {
        OutputStream out = connection.getOutputStream();
        out.write(latin1.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    public int port() {
        return port;
    }

    public String uri() {
        return "http://127.0.0.1:" + port();
    }

    public List<Request> requests() {
        return List.copyOf(requests);
    }

    public Request onlyRequest() {
        List<Request> all = requests();
        if (all.size() != 1) {
            throw new AssertionError("expected one request at the upstream, got " + all);
        }
        return all.get(0);
    }

    public int openConnections() {
        return connections.size();
    }

    @Override
    public void close() throws IOException {
        server.close();
        try {
            accepting.join(); // until then a connection may still be accepted
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        for (Socket connection : connections) {
            connection.close();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket connection = server.accept();
                connections.add(connection);
                daemon("raw-upstream-connection", () -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            InputStream in = new BufferedInputStream(connection.getInputStream());
            while (true) {
                Request request = Request.read(in);
                requests.add(request);
                answer.write(request, connection);
            }
        } catch (IOException e) {
            // the peer or the test ended the connection
        } finally {
            connections.remove(connection);
        }
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** A request as it came over the wire. */
    public static final class Request {
        private final String head;
        private final byte[] body;

        private Request(String head, byte[] body) {
            this.head = head;
            this.body = body;
        }

        static Request read(InputStream in) throws IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!endsWithEmptyLine(head)) {
                int b = in.read();
                if (b < 0) {
                    throw new EOFException();
                }
                head.write(b);
            }
            Request request = new Request(head.toString(StandardCharsets.ISO_8859_1), new byte[0]);
            if (request.header("Transfer-Encoding").isPresent()) {
                return new Request(request.head, readChunked(in));
            }
            int length = request.header("Content-Length").map(Integer::parseInt).orElse(0);
            return new Request(request.head, whole(in, length));
        }

        /** A request whose body ends early is none. */
        private static byte[] whole(InputStream in, int length) throws IOException {
            byte[] bytes = in.readNBytes(length);
            if (bytes.length < length) {
                throw new EOFException();
            }
            return bytes;
        }

        /** The request line, one char per byte. */
        public String line() {
            return head.substring(0, head.indexOf("\r\n"));
        }

        /** The request target, one char per byte. */
        public String target() {
            return line().split(" ")[1];
        }

        /** The field lines, in order. */
        public List<String> fields() {
            List<String> lines = new ArrayList<>(Arrays.asList(head.split("\r\n")));
            return lines.subList(1, lines.size());
        }

        public List<String> all(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return fields().stream()
                    .filter(field -> field.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(field -> field.substring(prefix.length()).trim())
                    .toList();
        }

        public Optional<String> header(String name) {
            return all(name).stream().findFirst();
        }

        public byte[] body() {
            return body.clone();
        }

        @Override
        public String toString() {
            return head + new String(body, StandardCharsets.ISO_8859_1);
        }

        private static boolean endsWithEmptyLine(ByteArrayOutputStream head) {
            return head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n");
        }

        private static byte[] readChunked(InputStream in) throws IOException {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            while (true) {
                int size = Integer.parseInt(readLine(in).split(";")[0].trim(), 16);
                body.write(whole(in, size));
                if (size == 0) {
                    while (!readLine(in).isEmpty()) {
                        // trailers are not kept
                    }
                    return body.toByteArray();
                }
                readLine(in);
            }
        }

        private static String readLine(InputStream in) throws IOException {
            StringBuilder line = new StringBuilder();
            while (true) {
                int b = in.read();
                if (b < 0) {
                    throw new EOFException();
                }
                if (b == '\n') {
                    return line.substring(0, line.length() - 1);
                }
                line.append((char) b);
            }
        }
    }
}
