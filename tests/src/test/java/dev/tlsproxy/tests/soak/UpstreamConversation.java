package dev.tlsproxy.tests.soak;

import dev.tlsproxy.tests.soak.Call.Style;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** One connection of the proxy to {@link FaultyUpstream}. */
final class UpstreamConversation {

    private static final String SURPLUS = "HTTP/1.1 200 OK\r\nX-Id: smuggled\r\nContent-Length: 8\r\n\r\nsmuggled";
    private static final int PIECE = 8192;
    private static final int SMALL_PIECE = 100;
    private static final Duration PAUSE = Duration.ofMillis(15);

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final Findings findings;
    private Call call;
    private Random random;

    UpstreamConversation(Socket socket, Findings findings) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
        this.findings = findings;
    }

    /** Serves the next call; false when the connection is at its end. */
    boolean next() throws IOException {
        String requestLine = line();
        if (requestLine == null) {
            return false;
        }
        Map<String, String> fields = fields();
        call = Call.of(requestLine.split(" ")[1]);
        random = new Random(call.id());
        if (!Long.toString(call.id()).equals(fields.get("x-id"))) {
            findings.fatal("mixed up request: " + requestLine + " with X-Id " + fields.get("x-id"));
        }
        if (call.fault() == Fault.EARLY_RESPONSE) {
            respond("early", call.size());
            requestBody(fields);
            return true;
        }
        byte[] body = requestBody(fields);
        if (!Content.matches(Content.ofRequest(call.id()), 0, body, body.length)) {
            findings.fatal("wrong request body: " + requestLine + ", " + body.length + " bytes");
        }
        if (fields.containsKey("upgrade")) {
            return new UpstreamTunnel(socket, in, out, call).serve(fields.get("sec-websocket-key"), this::broken);
        }
        return serve(Content.sha256(body));
    }

    private boolean serve(String sha256) throws IOException {
        int cut = random.nextInt(call.size());
        switch (call.fault()) {
            case RESET_IN_BODY -> {
                respond(sha256, cut);
                return reset();
            }
            case CLOSE_IN_BODY -> {
                respond(sha256, cut);
                return false;
            }
            case STALL_IN_BODY -> {
                respond(sha256, cut);
                return stall();
            }
            case BAD_CHUNK -> {
                respond(sha256, cut);
                write("zz\r\n");
                return stall();
            }
            case EXTRA_RESPONSE -> {
                respond(sha256, call.size(), SURPLUS);
                return true;
            }
            case CLOSE_WHILE_IDLE -> {
                respond(sha256, call.size());
                pause(Duration.ofMillis(20L + random.nextInt(200)));
                return false;
            }
            case INTERIM_RESPONSES -> {
                write("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
                respond(sha256, call.size());
            }
            case NONE, TRICKLE, CLOSE_SILENTLY -> respond(sha256, call.size());
            default -> {
                return broken();
            }
        }
        return call.style() != Style.UNTIL_CLOSE && call.fault() != Fault.CLOSE_SILENTLY;
    }

    /** What goes wrong before a response has begun. */
    private boolean broken() throws IOException {
        String head = head("x");
        String part = head.substring(0, 1 + random.nextInt(head.length() - 2));
        switch (call.fault()) {
            case RESET_BEFORE_HEAD -> {
                return reset();
            }
            case CLOSE_BEFORE_HEAD -> {
                return false;
            }
            case RESET_IN_HEAD -> {
                write(part);
                return reset();
            }
            case CLOSE_IN_HEAD -> {
                write(part);
                return false;
            }
            case STALL_BEFORE_HEAD -> {
                return stall();
            }
            case STALL_IN_HEAD -> {
                write(part);
                return stall();
            }
            case GARBAGE -> {
                byte[] garbage = new byte[1 + random.nextInt(200)];
                random.nextBytes(garbage);
                garbage[0] = 'X';
                out.write(garbage);
                write("\r\n\r\n");
                return stall();
            }
            case TWO_LENGTHS -> {
                write(head.replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\n"));
                return stall();
            }
            default -> throw new IllegalStateException("no fault before a response: " + call);
        }
    }

    private void respond(String sha256, int upTo) throws IOException {
        respond(sha256, upTo, "");
    }

    /**
     * Sends the response, and something behind it by the same write: what came later could be the response to the next
     * request on the connection, if that is sent by then, for all that HTTP/1.1 can tell.
     */
    private void respond(String sha256, int upTo, String behind) throws IOException {
        write(head(sha256));
        boolean slow = call.fault() == Fault.TRICKLE || call.style() == Style.EVENTS;
        boolean chunked = call.style() == Style.CHUNKED || call.style() == Style.EVENTS;
        int largest = slow ? Math.max(SMALL_PIECE, call.size() / 60) : PIECE;
        for (int at = 0; at < upTo; ) {
            int length = Math.min(1 + random.nextInt(largest), upTo - at);
            ByteArrayOutputStream piece = new ByteArrayOutputStream(length + 16);
            if (chunked) {
                piece.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            }
            piece.writeBytes(Content.bytes(call.id(), at, length));
            at += length;
            if (chunked) {
                piece.writeBytes(new byte[] {'\r', '\n'});
            } else if (at == upTo) {
                piece.writeBytes(behind.getBytes(StandardCharsets.US_ASCII));
            }
            out.write(piece.toByteArray());
            if (slow) {
                pause(PAUSE);
            }
        }
        if (chunked && upTo == call.size()) {
            write("0\r\n\r\n" + behind);
        }
    }

    private String head(String sha256) {
        String framing = switch (call.style()) {
            case LENGTH -> "Content-Length: " + call.size() + "\r\n";
            case CHUNKED -> "Transfer-Encoding: chunked\r\n";
            case EVENTS -> "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n";
            case UNTIL_CLOSE -> "Connection: close\r\n";
        };
        return "HTTP/1.1 200 OK\r\nX-Id: " + call.id() + "\r\nX-Body: " + sha256 + "\r\n" + framing + "\r\n";
    }

    /** Silent until the proxy has had enough of it. */
    private boolean stall() throws IOException {
        socket.setSoTimeout((int) Bounds.HANG.toMillis());
        try {
            while (in.read() >= 0) {
                // more of the request
            }
        } catch (SocketTimeoutException e) {
            findings.wrong("the proxy kept a stalled connection for " + Bounds.HANG + ": " + call);
        }
        return false;
    }

    private boolean reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
        return false;
    }

    private byte[] requestBody(Map<String, String> fields) throws IOException {
        if (fields.containsKey("content-length")) {
            return exactly(Integer.parseInt(fields.get("content-length")));
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (fields.containsKey("transfer-encoding")) {
            for (int size = chunkSize(); size > 0; size = chunkSize()) {
                body.writeBytes(exactly(size));
                line();
            }
            fields(); // the trailers
        }
        return body.toByteArray();
    }

    private int chunkSize() throws IOException {
        String line = line();
        if (line == null) {
            throw new EOFException();
        }
        return Integer.parseInt(line, 16);
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        return bytes;
    }

    private Map<String, String> fields() throws IOException {
        Map<String, String> fields = new HashMap<>();
        for (String line = line(); line == null || !line.isEmpty(); line = line()) {
            if (line == null) {
                throw new EOFException();
            }
            int colon = line.indexOf(':');
            fields.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim());
        }
        return fields;
    }

    /** A line without its CRLF, null at the end of the connection. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                return null;
            }
            line.append((char) next);
        }
        return line.substring(0, line.length() - 1);
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }
}
