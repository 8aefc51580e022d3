package dev.tlsproxy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** A verifying TLS connection on which a test writes HTTP/1.1 by hand. */
final class RawTlsClient implements AutoCloseable {

    private final SSLSocket socket;
    private final String authority;

    private RawTlsClient(SSLSocket socket, String authority) {
        this.socket = socket;
        this.authority = authority;
    }

    static RawTlsClient connect(TlsProxy proxy, String host, String... alpn) throws IOException {
        InetSocketAddress address = proxy.addresses().https();
        SSLSocket socket =
                (SSLSocket) proxy.trustedSslContext().getSocketFactory().createSocket();
        socket.connect(address, 10_000);
        socket.setSoTimeout(20_000);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(host)));
        parameters.setApplicationProtocols(alpn);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return new RawTlsClient(socket, host + ":" + address.getPort());
    }

    /** Over a connection that a test has made. */
    static RawTlsClient over(SSLSocket socket, String authority) {
        return new RawTlsClient(socket, authority);
    }

    SSLSocket socket() {
        return socket;
    }

    String authority() {
        return authority;
    }

    void send(String latin1) throws IOException {
        socket.getOutputStream().write(latin1.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    /** Status line and fields, up to and with the empty line. */
    String readHead() throws IOException {
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("after: " + head.toString(StandardCharsets.ISO_8859_1));
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** A head and the body of its Content-Length. */
    String readResponse() throws IOException {
        String head = readHead();
        for (String line : head.split("\r\n")) {
            if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
                int length = Integer.parseInt(line.substring(15).trim());
                return head + new String(socket.getInputStream().readNBytes(length), StandardCharsets.ISO_8859_1);
            }
        }
        return head;
    }

    /** All bytes until the proxy ends the connection. */
    String readToEnd() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Also where the proxy has closed: a TLS socket that can't say goodbye throws. */
    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is closed
        }
    }
}
