package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.http.H2Client;
import dev.tlsproxy.testing.StreamingUpstream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One side of a transfer without end takes nothing more: the proxy stops reading from the other, so what it holds is a few
 * buffers, whatever the size of the body (case E14).
 */
@Timeout(60)
class SlowPeersIT {

    /** The socket buffers of two connections on loopback, which grow to some MB each, and the windows of HTTP/2. */
    private static final long MOST = 40L * 1024 * 1024;

    private static final byte[] BLOCK = new byte[16 * 1024];

    private final AtomicLong written = new AtomicLong();
    private final CountDownLatch over = new CountDownLatch(1);

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsNoMoreOfADownloadThanTheClientTakes(boolean http2) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: " + (1L << 50) + "\r\n\r\n");
                    pour(out);
                });
                LocalProxy local = LocalProxy.to(upstream.uri());
                RawTlsClient client = RawTlsClient.connect(local.proxy, LocalProxy.HOST, http2 ? "h2" : "http/1.1")) {
            if (http2) {
                H2Client frames = new H2Client(client.socket());
                frames.headers(1, H2Client.END_STREAM, local.fields("GET", "/"));
                frames.frame(8, 0, 0, new byte[] {0x7f, 0, 0, 0}); // windows that do not limit
                frames.frame(8, 0, 1, new byte[] {0x7f, 0, 0, 0});
            } else {
                client.send("GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\n\r\n");
            }
            assertComesToAStop();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsNoMoreOfAnUploadThanTheUpstreamTakes(boolean http2) throws Exception {
        try (StreamingUpstream upstream = new StreamingUpstream((head, in, out) -> over.await());
                LocalProxy local = LocalProxy.to(upstream.uri());
                RawTlsClient client = RawTlsClient.connect(local.proxy, LocalProxy.HOST, http2 ? "h2" : "http/1.1")) {
            Thread pouring = new Thread(() -> {
                try {
                    if (http2) {
                        // Heeds no window: what the proxy does not take must not be taken from the socket for ever
                        // either.
                        H2Client frames = new H2Client(client.socket());
                        frames.headers(1, 0, local.fields("POST", "/"));
                        while (over.getCount() > 0) {
                            frames.frame(0, 0, 1, BLOCK);
                            written.addAndGet(BLOCK.length);
                        }
                    } else {
                        client.send("POST / HTTP/1.1\r\nHost: " + local.authority() + "\r\nContent-Length: "
                                + (1L << 50) + "\r\n\r\n");
                        pour(client.socket().getOutputStream());
                    }
                } catch (IOException e) {
                    // the test is over, or the proxy has ended a client that heeds no window
                }
            });
            pouring.setDaemon(true);
            pouring.start();
            assertComesToAStop();
        } finally {
            over.countDown();
        }
    }

    private void pour(OutputStream out) throws IOException {
        while (over.getCount() > 0) {
            out.write(BLOCK);
            written.addAndGet(BLOCK.length);
        }
    }

    /** Still for a second. */
    private void assertComesToAStop() {
        long[] last = {-1, System.nanoTime()};
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            long now = written.get();
            if (now != last[0] || now == 0) {
                last[0] = now;
                last[1] = System.nanoTime();
            }
            return now > MOST
                    || System.nanoTime() - last[1] > Duration.ofSeconds(1).toNanos();
        });
        System.out.printf("came to a stop after %d KB%n", written.get() / 1024);
        assertThat(written.get()).isBetween(1L, MOST);
        over.countDown();
    }
}
