package dev.tlsproxy.benchmarks.compare;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** A connection of this JVM, for what the tools can't do: stay idle, and time WebSocket messages. Not post-quantum. */
final class TlsClient implements AutoCloseable {

    private static final int BUFFER = 1024;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private TlsClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream(), BUFFER);
        this.out = socket.getOutputStream();
    }

    /** A context that trusts the scene's certificate. */
    static SSLContext trusting(Path certificate) {
        try (InputStream file = Files.newInputStream(certificate)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry(
                    "scene", CertificateFactory.getInstance("X.509").generateCertificate(file));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static TlsClient connect(SSLContext context, int port) {
        try {
            Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, Scene.HOST, port, true);
            socket.startHandshake();
            return new TlsClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TlsClient connectPlain(int port) {
        try {
            return new TlsClient(new Socket(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One small request and its answer; the connection stays open. */
    TlsClient request() {
        try {
            out.write(("GET / HTTP/1.1\r\nHost: " + Scene.HOST + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            String head = WebSocketBytes.head(in);
            if (!head.startsWith("HTTP/1.1 200 ")) {
                throw new IllegalStateException("answered: " + head + " (expected: 200)");
            }
            in.readNBytes("ok".length());
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Becomes a tunnel to the WebSocket echo. */
    TlsClient upgrade() {
        try {
            out.write(WebSocketBytes.request(Scene.HOST, "/java/echo"));
            String head = WebSocketBytes.head(in);
            if (!head.startsWith("HTTP/1.1 101 ")) {
                throw new IllegalStateException("answered: " + head + " (expected: 101)");
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a message of 100 bytes, waits for its echo, and returns the nanoseconds between. */
    long roundTripNanos() {
        try {
            long start = System.nanoTime();
            out.write(WebSocketBytes.clientMessage(100));
            int length = WebSocketBytes.serverMessage(in).length;
            long taken = System.nanoTime() - start;
            if (length != 100) {
                throw new IllegalStateException("an echo of " + length + " bytes (expected: 100)");
            }
            return taken;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
