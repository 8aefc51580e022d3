package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tlsproxy.ProxyStartException;
import dev.tlsproxy.TlsPolicy;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** After close() there is no thread, no port and no file handle of the proxy, whatever was going on. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "file handles are counted in /proc/self/fd")
class CloseLeavesNothingIT {

    private static final Duration SOON = Duration.ofSeconds(15);
    // the JDK's clients send no server name without a dot, so the certificate to show is named in the policy
    private static final String HOST = "localhost";
    private static final TlsPolicy POLICY = TlsPolicy.defaults().defaultName(HOST);
    private static final List<String> OWN_THREADS =
            List.of("raw-upstream", "HttpClient-", "awaitility", "process reaper");

    @RegisterExtension
    final Workbench bench = new Workbench();

    @Test
    void noThreadPortOrFileHandleIsLeft(@TempDir Path store) throws Exception {
        RawUpstream upstream = bench.closing(WebSocketUpstream.start());
        use(upstream, store); // what the JVM opens once (class files, random devices) is open
        awaitEndOfHttpClients();
        Set<Thread> threadsBefore = threads();
        Map<String, Long> handlesBefore = handles();
        int[] ports = use(upstream, store);
        awaitEndOfHttpClients();

        assertNothingMoreThan(threadsBefore, handlesBefore);
        for (int port : ports) {
            assertThat(Ports.accepts(port)).as("port " + port).isFalse();
        }
    }

    @Test
    void startThatFailsLeavesNothing(@TempDir Path store) throws Exception {
        RawUpstream upstream = bench.closing(RawUpstream.ok());
        use(upstream, store);
        awaitEndOfHttpClients();
        Set<Thread> threadsBefore = threads();
        Map<String, Long> handlesBefore = handles();
        int taken = Integer.parseInt(upstream.uri().replaceAll(".*:", ""));

        TlsProxy proxy = TlsProxy.builder()
                .route(HOST, upstream.uri())
                .tls(POLICY)
                .https(loopback(0))
                .http(loopback(taken))
                .store(store)
                .build();
        assertThat(catchThrowable(proxy::start))
                .isInstanceOf(ProxyStartException.class)
                .hasMessageContaining("127.0.0.1:" + taken);

        assertNothingMoreThan(threadsBefore, handlesBefore);
        proxy.close();
    }

    /** Starts a proxy, leaves an idle connection, half a handshake and a request behind it, and closes it. */
    private static int[] use(RawUpstream upstream, Path store) throws Exception {
        TlsProxy proxy = TlsProxy.builder()
                .route(HOST, upstream.uri())
                .tls(POLICY)
                .https(loopback(0))
                .http(loopback(0))
                .store(store)
                .build();
        proxy.start();
        int https = Workbench.port(proxy);
        int http = proxy.addresses().http().orElseThrow().getPort();
        HttpClient client =
                HttpClient.newBuilder().sslContext(proxy.trustedSslContext()).build();
        HttpRequest request =
                HttpRequest.newBuilder(proxy.uri(HOST).resolve("/")).build();
        assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
        HttpRequest plain = HttpRequest.newBuilder(URI.create("http://localhost:" + http + "/"))
                .build();
        assertThat(client.send(plain, HttpResponse.BodyHandlers.discarding()).statusCode())
                .isEqualTo(308);
        // not as plain resources of a try: an SSLSocket says goodbye when closed, and fails where nobody is left to
        // hear it
        SSLSocket idle =
                (SSLSocket) proxy.trustedSslContext().getSocketFactory().createSocket(HOST, https);
        Socket silent = new Socket(InetAddress.getLoopbackAddress(), https);
        try {
            idle.startHandshake();
            silent.getOutputStream().write(22);
            proxy.close();
        } finally {
            catchThrowable(idle::close);
            silent.close();
        }
        return new int[] {https, http};
    }

    private static void assertNothingMoreThan(Set<Thread> threadsBefore, Map<String, Long> handlesBefore) {
        Awaitility.await().atMost(SOON).untilAsserted(() -> {
            Set<Thread> left = threads();
            left.removeAll(threadsBefore);
            assertThat(left).as("threads").isEmpty();
            assertThat(handles()).as("file handles by kind").isEqualTo(handlesBefore);
        });
    }

    /** The JDK's HTTP client of {@link #use} closes its selector once it is garbage: JDK 17 has no close() on it. */
    private static void awaitEndOfHttpClients() {
        Awaitility.await().atMost(SOON).until(() -> {
            System.gc();
            return Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().endsWith("SelectorManager"));
        });
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** The live threads, but for this test's own. */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .filter(thread ->
                        OWN_THREADS.stream().noneMatch(own -> thread.getName().startsWith(own)))
                .collect(Collectors.toSet());
    }

    /** How many handles of each kind are open: {@code socket:}, {@code pipe:}, {@code anon_inode:[eventpoll]}, a path. */
    private static Map<String, Long> handles() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.map(CloseLeavesNothingIT::kind)
                    .filter(kind -> !kind.equals("gone"))
                    .collect(Collectors.groupingBy(kind -> kind, TreeMap::new, Collectors.counting()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String kind(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/proc/") ? "gone" : target.replaceAll("\\[\\d+]", "");
        } catch (IOException e) {
            return "gone"; // closed meanwhile: the one that lists the directory
        }
    }
}
