package dev.tlsproxy.acme.testing;

import com.sun.net.httpserver.HttpServer;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Answers challenges for an issuer that is tested without a proxy: http-01 by the JDK's server, tls-alpn-01 by JSSE. */
public final class TestChallengePort implements ChallengePort, AutoCloseable {

    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final Map<String, CertifiedKey> certificates = new ConcurrentHashMap<>();
    private final Set<String> presented = ConcurrentHashMap.newKeySet();
    private final HttpServer http;
    private final java.net.ServerSocket tls;

    /** Listens on 127.0.0.1. */
    public TestChallengePort(int httpPort, int tlsPort) {
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), httpPort), 0);
            http.createContext("/.well-known/acme-challenge/", exchange -> {
                String path = exchange.getRequestURI().getPath();
                String host = exchange.getRequestHeaders().getFirst("Host").replaceAll(":\\d+$", "");
                String answer = answers.get(host + path.substring(path.lastIndexOf('/')));
                byte[] body = (answer == null ? "" : answer).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length == 0 ? -1 : body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            http.start();
            tls = new java.net.ServerSocket(tlsPort, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread thread = new Thread(this::serve, "test-challenges");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() {
        while (!tls.isClosed()) {
            try (Socket socket = tls.accept()) {
                // one pending certificate at a time is enough for these tests
                CertifiedKey key = certificates.values().stream().findFirst().orElse(null);
                if (key == null) {
                    continue;
                }
                SSLSocket session = (SSLSocket) context(key).getSocketFactory().createSocket(socket, null, true);
                SSLParameters parameters = session.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {"acme-tls/1"});
                session.setSSLParameters(parameters);
                session.startHandshake();
                session.getInputStream().read();
            } catch (IOException e) {
                // the validator goes as soon as it has seen the certificate
            }
        }
    }

    private static SSLContext context(CertifiedKey key) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(
                    "challenge", key.privateKey(), new char[0], key.chain().toArray(Certificate[]::new));
            KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
            managers.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Presented http01(String host, String token, String keyAuthorization) {
        answers.put(host + "/" + token, keyAuthorization);
        presented.add("http-01 " + host);
        return () -> answers.remove(host + "/" + token);
    }

    @Override
    public Presented tlsAlpn01(String name, CertifiedKey challenge) {
        certificates.put(name, challenge);
        presented.add("tls-alpn-01 " + name);
        return () -> certificates.remove(name);
    }

    /** What was ever presented: type and name. */
    public Set<String> presented() {
        return presented;
    }

    /** Whether nothing is presented now. */
    public boolean isClear() {
        return answers.isEmpty() && certificates.isEmpty();
    }

    @Override
    public void close() {
        http.stop(0);
        try {
            tls.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
