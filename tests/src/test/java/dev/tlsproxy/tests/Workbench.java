package dev.tlsproxy.tests;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.TlsProxyBuilder;
import dev.tlsproxy.tests.peer.RealPeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Comparator;
import java.util.Deque;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Holds what a test started and ends it, the last first, whatever the test's end. */
final class Workbench implements AfterEachCallback {

    private final Deque<AutoCloseable> started = new ArrayDeque<>();

    /** Remembers something to close. */
    <T extends AutoCloseable> T closing(T resource) {
        started.push(resource);
        return resource;
    }

    /** A directory that the peer sees and that is gone after the test. */
    Path directory(RealPeer peer, String name) {
        Path directory = peer.newDirectory(name);
        started.push(() -> delete(directory));
        return directory;
    }

    /** Starts a proxy on free ports of the loopback address, with an empty store in memory. */
    TlsProxy start(TlsProxyBuilder builder) {
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        TlsProxy proxy = closing(builder.https(anyPort)
                .http(anyPort)
                .store(dev.tlsproxy.spi.CertificateStore.inMemory())
                .build());
        proxy.start();
        return proxy;
    }

    /** Writes the root of a proxy's local CA where a peer reads it. */
    static Path caFile(TlsProxy proxy, Path directory) {
        try {
            String pem = "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder()
                            .encodeToString(
                                    proxy.localCaCertificate().orElseThrow().getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
            return Files.writeString(directory.resolve("ca.pem"), pem);
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static int port(TlsProxy proxy) {
        return proxy.addresses().https().getPort();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        Exception first = null;
        while (!started.isEmpty()) {
            try {
                started.pop().close();
            } catch (Exception e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }
}
