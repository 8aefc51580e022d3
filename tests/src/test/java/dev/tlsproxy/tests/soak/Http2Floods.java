package dev.tlsproxy.tests.soak;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;

/** HTTP/2 connections that send frames nobody needs until they are cut, and come again. */
final class Http2Floods {

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final Duration PAUSE = Duration.ofMillis(30);

    /** What is sent for the n-th time; each ends with its connection. */
    private enum Flood {
        PINGS,
        RESETS,
        CONTINUATIONS,
        SETTINGS_FRAMES,
        EMPTY_DATA,
        /** 32 KiB of a head that never ends. */
        OPEN_HEADS
    }

    private final SSLContext trust;
    private final int port;
    private final AtomicInteger cut = new AtomicInteger();

    Http2Floods(SSLContext trust, int port) {
        this.trust = trust;
        this.port = port;
    }

    /** How many connections the proxy has ended. */
    int cut() {
        return cut.get();
    }

    /** One connection of each kind at a time that reads, and one that does not. */
    List<Thread> start(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        List<Thread> threads = new ArrayList<>();
        for (Flood flood : Flood.values()) {
            for (boolean reads : new boolean[] {true, false}) {
                Thread thread = new Thread(() -> repeat(flood, reads, end), "flood-" + flood);
                thread.setDaemon(true);
                thread.start();
                threads.add(thread);
            }
        }
        return threads;
    }

    private void repeat(Flood flood, boolean reads, long end) {
        while (System.nanoTime() < end) {
            try (RawClient client = RawClient.connect(trust, port, "h2")) {
                client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
                client.send(frame(SETTINGS, 0, 0, new byte[0]));
                if (reads) {
                    Thread reader = new Thread(() -> readAll(client), "flood-reader");
                    reader.setDaemon(true);
                    reader.start();
                }
                send(client, flood, end);
            } catch (IOException e) {
                cut.incrementAndGet();
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private static void send(RawClient client, Flood flood, long end) throws IOException {
        byte[] get = head("GET");
        if (flood == Flood.EMPTY_DATA) {
            client.send(frame(HEADERS, END_HEADERS, 1, head("POST")));
        } else if (flood == Flood.CONTINUATIONS || flood == Flood.OPEN_HEADS) {
            client.send(frame(HEADERS, END_STREAM, 1, get));
        }
        for (int n = 0; System.nanoTime() < end; n++) {
            switch (flood) {
                case PINGS -> client.send(frame(PING, 0, 0, new byte[8]));
                case SETTINGS_FRAMES -> client.send(frame(SETTINGS, 0, 0, new byte[0]));
                case EMPTY_DATA -> client.send(frame(DATA, 0, 1, new byte[0]));
                case CONTINUATIONS -> client.send(frame(CONTINUATION, 0, 1, new byte[1]));
                case RESETS -> {
                    client.send(frame(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, get));
                    client.send(frame(RST_STREAM, 0, 2 * n + 1, new byte[] {0, 0, 0, 8}));
                }
                case OPEN_HEADS -> {
                    if (n < 3) {
                        client.send(frame(CONTINUATION, 0, 1, new byte[10_000]));
                    } else {
                        client.in().readAllBytes(); // until its time is over
                        throw new IOException("cut");
                    }
                }
            }
        }
    }

    private static void readAll(RawClient client) {
        try {
            byte[] buffer = new byte[8192];
            while (client.in().read(buffer) >= 0) {
                // nothing of it is of interest
            }
        } catch (IOException e) {
            // cut
        }
    }

    private static byte[] head(String method) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        String[] fields = {
            ":method",
            method,
            ":scheme",
            "https",
            ":path",
            "/get/NONE/0/2/LENGTH",
            ":authority",
            "localhost",
            "x-id",
            "0"
        };
        for (int i = 0; i < fields.length; i++) {
            if (i % 2 == 0) {
                block.write(0); // literal without indexing (RFC 7541 section 6.2.2)
            }
            block.write(fields[i].length());
            block.writeBytes(fields[i].getBytes(StandardCharsets.US_ASCII));
        }
        return block.toByteArray();
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(9 + payload.length);
        frame.writeBytes(new byte[] {
            (byte) (payload.length >>> 16),
            (byte) (payload.length >>> 8),
            (byte) payload.length,
            (byte) type,
            (byte) flags
        });
        frame.writeBytes(
                new byte[] {(byte) (stream >>> 24), (byte) (stream >>> 16), (byte) (stream >>> 8), (byte) stream});
        frame.writeBytes(payload);
        return frame.toByteArray();
    }
}
