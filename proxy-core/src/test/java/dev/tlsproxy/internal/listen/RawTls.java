package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.tls.ClientTls;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Clients that need more control than java.net.http gives. */
final class RawTls {

    static final int SO_TIMEOUT = 20_000;

    private RawTls() {}

    /** What a client of the library sends first. */
    static byte[] clientHello(X509Certificate root, String host) throws IOException {
        SSLEngine engine = ClientTls.trusting(List.of(root)).createSSLEngine(host, 443);
        engine.setUseClientMode(true);
        ByteBuffer out = ByteBuffer.allocate(32 * 1024);
        engine.wrap(ByteBuffer.allocate(0), out);
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }

    /** The same handshake message in records of a few bytes each. */
    static byte[] inRecordsOf(byte[] oneRecord, int size) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int from = 5; from < oneRecord.length; from += size) {
            int length = Math.min(size, oneRecord.length - from);
            out.write(22);
            out.write(3);
            out.write(1);
            out.write(length >> 8);
            out.write(length);
            out.write(oneRecord, from, length);
        }
        return out.toByteArray();
    }

    /** Sends bytes and reads to the end. */
    static byte[] exchange(InetSocketAddress address, byte[] bytes) throws IOException {
        try (Socket socket = connect(address)) {
            socket.getOutputStream().write(bytes);
            return socket.getInputStream().readAllBytes();
        }
    }

    static Socket connect(InetSocketAddress address) throws IOException {
        Socket socket = new Socket(address.getAddress(), address.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(SO_TIMEOUT);
        return socket;
    }

    /** A JDK client socket; not yet handshaken. */
    static SSLSocket jdk(SSLContext context, InetSocketAddress address, String sni, String... alpn) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(connect(address), sni == null ? null : sni, address.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(sni == null ? List.of() : List.of(new SNIHostName(sni)));
        parameters.setApplicationProtocols(alpn);
        socket.setSSLParameters(parameters);
        return socket;
    }

    static byte[] alert(int description) {
        return new byte[] {21, 3, 3, 0, 2, 2, (byte) description};
    }
}
