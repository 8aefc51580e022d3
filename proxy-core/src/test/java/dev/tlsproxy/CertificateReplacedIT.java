package dev.tlsproxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.TestCa;
import java.io.IOException;
import java.math.BigInteger;
import java.net.Socket;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Facts, section E, case 25: a certificate is replaced while a thousand connections are open and others begin. */
@Timeout(120)
class CertificateReplacedIT {

    private static final int CONNECTIONS = 1000;
    private static final int STORM = 4;
    private static final String HOST = "a.example.com";

    private final FakeManager manager = new FakeManager(false);
    private final SSLContext trusting = TestCa.clientContext(manager.ca.root());
    private final AtomicBoolean calm = new AtomicBoolean();
    private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    private final Set<BigInteger> seen = ConcurrentHashMap.newKeySet();

    @Test
    void newConnectionsHaveTheNewCertificateAtOnceAndNoneFails() throws Exception {
        try (RawUpstream upstream = RawUpstream.saying("ok");
                LocalProxy local = LocalProxy.started(
                        LocalProxy.builder().route(HOST, upstream.uri()).acme(manager))) {
            BigInteger before = manager.issue(HOST).leaf().getSerialNumber();
            List<SSLSocket> open = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                open.add(connect(local));
            }
            List<Thread> storm = storm(local);
            Awaitility.await().until(() -> seen.contains(before));

            CertifiedKey key = manager.issue(HOST);

            // That the key is the certificate's, and the chain in order, the handshake shows: the client verifies both.
            try (SSLSocket next = connect(local)) {
                assertThat(List.of(next.getSession().getPeerCertificates()))
                        .isEqualTo(List.<Certificate>copyOf(key.chain()));
            }
            BigInteger after = key.leaf().getSerialNumber();
            Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> seen.contains(after));
            calm.set(true);
            for (Thread each : storm) {
                each.join();
            }
            for (SSLSocket each : open) {
                assertThat(serial(each)).isEqualTo(before);
                assertServed(each);
            }
            assertThat(failures).isEmpty();
            assertThat(seen).containsExactlyInAnyOrder(before, after);
        }
    }

    private List<Thread> storm(LocalProxy local) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < STORM; i++) {
            Thread thread = new Thread(() -> {
                while (!calm.get()) {
                    try (SSLSocket socket = connect(local)) {
                        seen.add(serial(socket));
                    } catch (IOException | RuntimeException e) {
                        failures.add(e);
                    }
                }
            });
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        return threads;
    }

    private SSLSocket connect(LocalProxy local) throws IOException {
        Socket tcp = new Socket();
        tcp.connect(local.proxy.addresses().https(), 10_000);
        tcp.setSoTimeout(20_000);
        SSLSocket socket = (SSLSocket) trusting.getSocketFactory().createSocket(tcp, HOST, 443, true);
        socket.startHandshake();
        return socket;
    }

    private static void assertServed(SSLSocket socket) throws IOException {
        try (RawTlsClient client = RawTlsClient.over(socket, HOST)) {
            client.send("GET / HTTP/1.1\r\nHost: " + HOST + "\r\n\r\n");
            assertThat(client.readResponse()).startsWith("HTTP/1.1 200 ").endsWith("ok");
        }
    }

    private static BigInteger serial(SSLSocket socket) throws IOException {
        return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
    }
}
