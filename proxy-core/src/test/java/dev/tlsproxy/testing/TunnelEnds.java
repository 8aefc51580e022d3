package dev.tlsproxy.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** The two ends of a tunnel, as sockets: an upstream whose connections a test accepts, and a TLS client over a socket. */
public final class TunnelEnds implements AutoCloseable {

    /** What a test may do to a client's TCP connection is done to the socket below TLS. */
    public record Client(Socket tcp, SSLSocket tls) implements AutoCloseable {
        public void send(String latin1) throws IOException {
            StreamingUpstream.write(tls.getOutputStream(), latin1);
        }

        public String read(int length) throws IOException {
            return TunnelEnds.read(tls, length);
        }

        @Override
        public void close() throws IOException {
            try {
                tls.close();
            } catch (IOException e) {
                tcp.close(); // the test has ended the connection in some other way
            }
        }
    }

    public static final String SWITCHING =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

    private final ServerSocket server;

    public TunnelEnds() throws IOException {
        server = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
        server.setSoTimeout(10_000);
    }

    public String uri() {
        return "http://127.0.0.1:" + server.getLocalPort();
    }

    /** A client with the JDK's own TLS, which has half-closed connections. */
    public Client client(X509Certificate root, InetSocketAddress proxy, String host) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("root", root);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS", "SunJSSE");
        context.init(null, trust.getTrustManagers(), null);
        return client(context, proxy, host);
    }

    public Client client(SSLContext context, InetSocketAddress proxy, String host) throws IOException {
        Socket tcp = new Socket(proxy.getAddress(), proxy.getPort());
        SSLSocketFactory factory = context.getSocketFactory();
        SSLSocket tls = (SSLSocket) factory.createSocket(tcp, host, proxy.getPort(), true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(host)));
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        tls.setSSLParameters(parameters);
        tls.setSoTimeout(10_000);
        tls.startHandshake();
        return new Client(tcp, tls);
    }

    public static String upgrade(String authority) {
        return "GET /live HTTP/1.1\r\nHost: " + authority
                + "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    }

    /** The next upstream connection, its request head read. */
    public Socket accept() throws IOException {
        Socket connection = server.accept();
        connection.setSoTimeout(10_000);
        connection.setTcpNoDelay(true);
        StreamingUpstream.readHead(connection.getInputStream());
        return connection;
    }

    public static void write(Socket to, String latin1) throws IOException {
        StreamingUpstream.write(to.getOutputStream(), latin1);
    }

    public static String read(Socket from, int length) throws IOException {
        return new String(from.getInputStream().readNBytes(length), java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    /** Both directions, in order. */
    public static void close(Socket socket) throws IOException {
        socket.close();
    }

    public static void reset(Socket socket) throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
