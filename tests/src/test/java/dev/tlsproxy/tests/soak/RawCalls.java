package dev.tlsproxy.tests.soak;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLContext;

/** Calls that have a connection of their own: tunnels, clients that go, and requests that are none. Thread-safe. */
final class RawCalls {

    private static final String UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    private static final List<String> BAD = List.of(
            "nonsense\r\n\r\n",
            "GET /bad/1 HTTP/1.1\r\n\r\n",
            "GET /bad/2 HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
            "GET /bad/3 HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n",
            "GET /bad/4 HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(50_000) + "\r\n\r\n",
            "GET /bad/5 HTTP/1.1\r\nHost: localhost\r\nX : a\r\n\r\n",
            "GET /bad/6 HTTP/1.1\r\nHost: a@localhost\r\n\r\n",
            "TRACE /bad/7 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "POST /bad/8 HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            "POST /bad/9 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            "POST /bad/10 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");

    private final SSLContext trust;
    private final int port;

    RawCalls(SSLContext trust, int port) {
        this.trust = trust;
        this.port = port;
    }

    Outcome whole(Call call) throws IOException {
        try (RawClient client = RawClient.connect(trust, port, "http/1.1")) {
            return client.whole(call);
        }
    }

    Outcome tunnel(Call call, Random random) throws IOException {
        try (RawClient client = RawClient.connect(trust, port, "http/1.1")) {
            client.send(RawClient.head(call, UPGRADE));
            RawClient.Head head = client.readHead();
            if (head.status() != 101) {
                int length = Integer.parseInt(head.field("content-length").orElseThrow());
                return Answer.error(head.status(), new String(client.in().readNBytes(length), StandardCharsets.UTF_8));
            }
            if (!head.field("x-id").orElse("").equals(Long.toString(call.id()))) {
                throw new Answer.WrongAnswer("another's tunnel: " + head.field("x-id"));
            }
            int messages = call.fault() == Fault.NONE ? 1 + random.nextInt(8) : UpstreamTunnel.BEFORE_FAULT + 1;
            for (int message = 0; message < messages; message++) {
                echo(client, call.id() + message, 126 + random.nextInt(20_000));
            }
            client.send(new byte[] {(byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 3, (byte) 0xe8});
            byte[] end = client.in().readAllBytes();
            if (!Arrays.equals(end, new byte[] {(byte) 0x88, 2, 3, (byte) 0xe8})) {
                throw new EOFException("no Close but " + Arrays.toString(end));
            }
            return Outcome.RIGHT;
        }
    }

    private static void echo(RawClient client, long id, int size) throws IOException {
        byte[] payload = Content.bytes(id, 0, size);
        byte[] frame = new byte[8 + size];
        frame[0] = (byte) 0x82;
        frame[1] = (byte) (0x80 | 126);
        frame[2] = (byte) (size >>> 8);
        frame[3] = (byte) size;
        System.arraycopy(payload, 0, frame, 8, size);
        client.send(frame);
        byte[] head = client.in().readNBytes(4);
        if (head.length < 4 || (head[0] & 0x0f) == 8) {
            throw new EOFException("the tunnel's end");
        }
        byte[] back = client.in().readNBytes(size);
        if (!Arrays.equals(head, new byte[] {(byte) 0x82, 126, frame[2], frame[3]})
                || !Content.matches(id, 0, back, back.length)) {
            throw new Answer.WrongAnswer("another's bytes in a tunnel");
        }
        if (back.length < size) {
            throw new EOFException("the tunnel's end within a message");
        }
    }

    /** Goes while the request is sent, while it waits, or in the middle of the response. */
    Outcome left(Call call, Random random) throws IOException {
        try (RawClient client = RawClient.connect(trust, port, "http/1.1")) {
            byte[] body = call.requestBody();
            client.send(RawClient.head(call, random.nextInt(8) == 0 && body.length == 0 ? UPGRADE : ""));
            client.send(Arrays.copyOf(body, body.length / 2));
            if (random.nextBoolean()) {
                client.in().readNBytes(1 + random.nextInt(call.size()));
            }
            if (random.nextBoolean()) {
                client.reset();
            }
        } catch (SocketTimeoutException e) {
            // a half request and a silent upstream have no answer
        }
        return Outcome.LEFT;
    }

    Outcome bad(Random random) throws IOException {
        int which = random.nextInt(BAD.size() + 2);
        if (which >= BAD.size()) {
            return noTls(which == BAD.size() ? "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" : "\u0016\u0003\u0001");
        }
        try (RawClient client = RawClient.connect(trust, port, "http/1.1")) {
            client.send(BAD.get(which));
            int status = client.readHead().status();
            if (status < 400 || status > 505) {
                throw new Answer.WrongAnswer("bad request " + which + " was answered with " + status);
            }
            return Outcome.REFUSED;
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return Outcome.REFUSED; // the connection was ended
        }
    }

    private Outcome noTls(String bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout((int) Bounds.HANG.toMillis());
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            if (bytes.length() > 3) {
                socket.getInputStream().readAllBytes();
            }
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            // reset
        }
        return Outcome.REFUSED;
    }
}
