package dev.tlsproxy.benchmarks.compare;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The upstream behind {@code /java}: reads uploads to their end, and echoes WebSocket messages. A thread a connection. */
final class JavaUpstream implements AutoCloseable {

    private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");
    private static final Pattern KEY = Pattern.compile("(?im)^sec-websocket-key: *(\\S+)");
    private static final String ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final ServerSocket server;

    JavaUpstream() throws IOException {
        server = new ServerSocket(0, 4096, InetAddress.getLoopbackAddress());
        daemon("upstream", this::acceptAll);
    }

    int port() {
        return server.getLocalPort();
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void acceptAll() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                daemon("upstream connection", () -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream(), 65536);
            OutputStream out = socket.getOutputStream();
            for (String head = WebSocketBytes.head(in); !head.isEmpty(); head = WebSocketBytes.head(in)) {
                Matcher key = KEY.matcher(head);
                if (key.find()) {
                    out.write(WebSocketBytes.accepted(key.group(1)));
                    WebSocketBytes.echo(in, out);
                    return;
                }
                readBody(in, head);
                out.write(ANSWER.getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // the proxy went away, as at the end of each run
        }
    }

    private static void readBody(InputStream in, String head) throws IOException {
        Matcher length = LENGTH.matcher(head);
        if (length.find()) {
            in.skipNBytes(Long.parseLong(length.group(1)));
        } else if (head.toLowerCase(Locale.ROOT).contains("\r\ntransfer-encoding: chunked")) {
            for (int size = chunk(in); size > 0; size = chunk(in)) {
                in.skipNBytes(size + 2);
            }
            in.skipNBytes(2);
        }
    }

    private static int chunk(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new IOException("the body ended early");
            }
            line.append((char) octet);
        }
        return Integer.parseInt(line.toString().trim(), 16);
    }
}
