package dev.tlsproxy.tests;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.awaitility.Awaitility;

/** Plays a {@link WebSocketCase} on a connection and notes what comes back. */
final class WebSocketRecording {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<String> frames = new ArrayList<>();
    private String head = "";
    private String end = "";
    private boolean closeSent;

    private WebSocketRecording() {}

    /**
     * What a client saw.
     *
     * @param head status line and the fields of the WebSocket handshake
     * @param messages data frames, in order
     * @param control pongs and close frames, in order; a server may send them earlier or later among the data
     * @param end how the connection ended
     */
    record Result(String head, List<String> messages, List<String> control, String end) {}

    static Result play(Socket socket, String host, WebSocketCase conversation) {
        WebSocketRecording recording = new WebSocketRecording();
        try (socket) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream(), 65_536);
            OutputStream out = socket.getOutputStream();
            recording.handshake(in, out, host, conversation.offer());
            List<WebSocketCase.Step> steps = conversation.script().get();
            recording.closeSent = WebSocketCase.closesItself(steps);
            Thread reader = new Thread(() -> recording.read(in, out), "recording " + conversation.id());
            reader.setDaemon(true);
            reader.start();
            recording.play(steps, out);
            reader.join();
        } catch (IOException e) {
            throw new UncheckedIOException(conversation.id(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return recording.result();
    }

    private void handshake(InputStream in, OutputStream out, String host, String offer) throws IOException {
        String request = "GET /echo HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + (offer.isEmpty() ? "" : "Sec-WebSocket-Extensions: " + offer + "\r\n") + "\r\n";
        out.write(request.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        StringBuilder text = new StringBuilder();
        while (text.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("no response head, only: " + text);
            }
            text.append((char) next);
        }
        List<String> lines = text.toString().lines().toList();
        List<String> fields = lines.stream()
                .skip(1)
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("sec-websocket-"))
                .map(line -> line.toLowerCase(Locale.ROOT))
                .sorted()
                .toList();
        head = lines.get(0) + " " + fields;
    }

    private void play(List<WebSocketCase.Step> steps, OutputStream out) {
        try {
            for (WebSocketCase.Step step : steps) {
                if (step instanceof WebSocketCase.Send send) {
                    for (int from = 0; from < send.bytes().length; from += send.piece()) {
                        out.write(send.bytes(), from, Math.min(send.piece(), send.bytes().length - from));
                        out.flush();
                    }
                } else if (step instanceof WebSocketCase.Await await) {
                    Awaitility.await()
                            .atMost(PATIENCE)
                            .pollInterval(Duration.ofMillis(1))
                            .until(() -> has(await.frames()));
                }
            }
        } catch (IOException e) {
            // the server has closed in the middle of it: what it sent before counts
        }
    }

    private synchronized boolean has(int count) {
        return frames.size() >= count || !end.isEmpty();
    }

    private void read(InputStream in, OutputStream out) {
        String reason = "ended";
        try {
            for (int first = in.read(); first >= 0; first = in.read()) {
                readFrame(first, in, out);
            }
        } catch (SocketTimeoutException e) {
            reason = "still open after " + PATIENCE;
        } catch (EOFException e) {
            reason = "ended within a frame";
        } catch (IOException e) {
            reason = "ended"; // a reset after the last frame is as good an end as a FIN
        }
        synchronized (this) {
            end = reason;
        }
    }

    private void readFrame(int first, InputStream in, OutputStream out) throws IOException {
        int second = octet(in);
        long length = second & 0x7F;
        if (length > 125) {
            int octets = length == 126 ? 2 : 8;
            length = 0;
            for (int i = 0; i < octets; i++) {
                length = length << 8 | octet(in);
            }
        }
        MessageDigest digest = sha256();
        byte[] shown = new byte[(int) Math.min(125, length)];
        byte[] buffer = new byte[16_384];
        for (long done = 0; done < length; ) {
            int read = in.read(buffer, 0, (int) Math.min(buffer.length, length - done));
            if (read < 0) {
                throw new EOFException();
            }
            digest.update(buffer, 0, read);
            for (int i = 0; i < read && done + i < shown.length; i++) {
                shown[(int) done + i] = buffer[i];
            }
            done += read;
        }
        boolean close = (first & 0x0F) == WebSocketFrames.CLOSE;
        String payload = close
                ? HexFormat.of().formatHex(shown, 0, Math.min(2, shown.length)) // the reason is the server's own words
                : length + " bytes " + HexFormat.of().formatHex(digest.digest()).substring(0, 16);
        synchronized (this) {
            frames.add(
                    (close ? "close " : "") + Integer.toHexString(first) + (second > 127 ? " masked " : " ") + payload);
        }
        if (close && !closeSent) {
            closeSent = true;
            out.write(WebSocketFrames.frame(WebSocketFrames.CLOSE, Arrays.copyOf(shown, Math.min(2, shown.length))));
            out.flush();
        }
    }

    private synchronized Result result() {
        List<String> messages =
                frames.stream().filter(frame -> !isControl(frame)).toList();
        List<String> control =
                frames.stream().filter(WebSocketRecording::isControl).toList();
        return new Result(head, messages, control, end);
    }

    private static boolean isControl(String frame) {
        return frame.startsWith("close") || (Integer.parseInt(frame.substring(0, frame.indexOf(' ')), 16) & 8) != 0;
    }

    private static int octet(InputStream in) throws IOException {
        int octet = in.read();
        if (octet < 0) {
            throw new EOFException();
        }
        return octet;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
