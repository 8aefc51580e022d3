package dev.tlsproxy.acme;

import com.sun.net.httpserver.HttpServer;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.TlsProxyBuilder;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.spi.CertificateManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;

/** An upstream that answers "hello", and proxies in front of it where Pebble looks for challenges. */
final class AcmeSite implements AutoCloseable {

    static final String HELLO = "hello from the upstream";

    private final HttpServer upstream;

    AcmeSite() {
        try {
            upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        upstream.createContext("/", exchange -> {
            byte[] body = HELLO.getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        upstream.start();
    }

    String uri() {
        return "http://127.0.0.1:" + upstream.getAddress().getPort();
    }

    /** A proxy for names, listening where Pebble validates. */
    TlsProxyBuilder proxy(Pebble pebble, Acme acme, Path store, List<String> names) {
        return proxy(uri(), pebble.tlsPort(), pebble.httpPort(), acme, names).store(store);
    }

    static TlsProxyBuilder proxy(
            String upstream, int httpsPort, int httpPort, CertificateManager acme, List<String> names) {
        TlsProxyBuilder builder = TlsProxy.builder()
                .https(new InetSocketAddress("127.0.0.1", httpsPort))
                .http(new InetSocketAddress("127.0.0.1", httpPort))
                .acme(acme);
        for (String name : names) {
            builder.route(name, upstream);
        }
        return builder;
    }

    /** Acme as a user would write it for this CA. */
    static Acme acme(Pebble pebble, Path directory) {
        return Acme.directory(pebble.directory()).trust(trustFile(pebble, directory));
    }

    /** Another file each time: a process may be reading the one before. */
    static Path trustFile(Pebble pebble, Path directory) {
        try {
            return Files.writeString(Files.createTempFile(directory, "ca-https-", ".pem"), pem(pebble.trust()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String pem(X509Certificate certificate) {
        try {
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        upstream.stop(0);
    }
}
