package dev.tlsproxy.tests.soak;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** One new connection with HTTP/1.1 by hand. */
final class RawClient implements AutoCloseable {

    private final Socket plain;
    private final SSLSocket tls;
    private final InputStream in;
    private final OutputStream out;

    private RawClient(Socket plain, SSLSocket tls) throws IOException {
        this.plain = plain;
        this.tls = tls;
        this.in = new BufferedInputStream(tls.getInputStream());
        this.out = tls.getOutputStream();
    }

    static RawClient connect(SSLContext trust, int port, String protocol) throws IOException {
        Socket plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) Bounds.HANG.toMillis());
            plain.setSoTimeout((int) Bounds.HANG.toMillis());
            plain.setTcpNoDelay(true);
            SSLSocket tls = (SSLSocket) trust.getSocketFactory().createSocket(plain, "localhost", port, true);
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {protocol});
            tls.setSSLParameters(parameters);
            tls.startHandshake();
            return new RawClient(plain, tls);
        } catch (IOException e) {
            plain.close();
            throw e;
        }
    }

    InputStream in() {
        return in;
    }

    void send(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    static String head(Call call, String fields) {
        String length = call.upload() < 0 ? "" : "Content-Length: " + call.upload() + "\r\n";
        return (call.upload() < 0 ? "GET " : "POST ") + call.target() + " HTTP/1.1\r\nHost: localhost\r\nX-Id: "
                + call.id() + "\r\n" + length + fields + "\r\n";
    }

    /** Sends a call and reads its response to the end. */
    Outcome whole(Call call) throws IOException {
        send(head(call, "Connection: close\r\n"));
        send(call.requestBody());
        Answer answer = new Answer(call);
        Head head = readHead();
        answer.head(head.status, head.field("x-id"), head.field("x-body"));
        if (head.field("transfer-encoding").isPresent()) {
            for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
                read(answer, size);
                line();
            }
            line();
        } else if (head.field("content-length").isPresent()) {
            read(answer, Integer.parseInt(head.field("content-length").orElseThrow()));
        } else {
            answer.bytes(in.readAllBytes());
        }
        return answer.complete();
    }

    private void read(Answer answer, int length) throws IOException {
        for (int left = length; left > 0; ) {
            byte[] piece = in.readNBytes(Math.min(left, 8192));
            answer.bytes(piece);
            left -= piece.length;
            if (piece.length == 0) {
                throw new EOFException("end with " + left + " bytes to come");
            }
        }
    }

    Head readHead() throws IOException {
        String statusLine = line();
        if (!statusLine.startsWith("HTTP/1.1 ")) {
            throw new Answer.WrongAnswer("status line: " + statusLine);
        }
        Map<String, String> fields = new HashMap<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            fields.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim());
        }
        return new Head(Integer.parseInt(statusLine.substring(9, 12)), fields);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("end within a line");
            }
            line.append((char) next);
        }
        return line.substring(0, line.length() - 1);
    }

    /** Goes without a word. */
    void reset() throws IOException {
        plain.setSoLinger(true, 0);
        plain.close();
    }

    @Override
    public void close() throws IOException {
        try {
            tls.close();
        } finally {
            plain.close();
        }
    }

    /** A response's. */
    record Head(int status, Map<String, String> fields) {
        Optional<String> field(String name) {
            return Optional.ofNullable(fields.get(name));
        }
    }
}
