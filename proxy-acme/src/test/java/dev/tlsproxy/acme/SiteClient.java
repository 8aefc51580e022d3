package dev.tlsproxy.acme;

import dev.tlsproxy.acme.testing.TestTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** An HTTPS client that verifies names by one root, and finds every name at one port of 127.0.0.1. */
final class SiteClient {

    private final SSLSocketFactory sockets;
    private final int port;

    SiteClient(X509Certificate root, int port) {
        this.sockets = TestTls.trusting(List.of(root)).getSocketFactory();
        this.port = port;
    }

    /** A new connection, a full handshake that verifies chain and name, and one GET. */
    Answer get(String name) throws IOException {
        Socket plain = new Socket();
        plain.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
        plain.setSoTimeout(10_000);
        try (SSLSocket socket = (SSLSocket) sockets.createSocket(plain, name, port, true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            X509Certificate leaf = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            socket.getOutputStream()
                    .write(("GET / HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return new Answer(leaf, response);
        }
    }

    /** What came. */
    record Answer(X509Certificate leaf, String response) {

        String serial() {
            return leaf.getSerialNumber().toString(16);
        }
    }
}
