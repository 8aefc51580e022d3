package dev.tlsproxy;

import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * A proxy for {@link WarmUp} alone, with an upstream of its own, both on loopback: the same code from accept to upstream
 * as the user's proxy, and none of its settings, routes, events, limits or keys. Thread-safe.
 */
final class WarmUpProxy implements WarmUp.Target {

    /** Nobody can ask for it (RFC 6761 section 6.4). */
    private static final String NAME = "warm-up.invalid";

    private static final int PATIENCE_MILLIS = 2_000;

    /** What a tracker's client asks. */
    private static final String ANNOUNCE =
            "/announce?info_hash=%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A&peer_id=-XX0001-abcdefghijkl&port=6881"
                    + "&uploaded=0&downloaded=0&left=0&compact=1";

    private static final String[] TARGETS = {ANNOUNCE, "/", ANNOUNCE, "/api/v1/torrents?limit=10"};

    private final WarmUpUpstream upstream;
    private final RunningProxy proxy;
    private final SSLSocketFactory client;
    private final AtomicInteger made = new AtomicInteger();

    private WarmUpProxy(WarmUpUpstream upstream, RunningProxy proxy, SSLSocketFactory client) {
        this.upstream = upstream;
        this.proxy = proxy;
        this.client = client;
    }

    /** Opens both. */
    static WarmUpProxy open() throws IOException {
        WarmUpUpstream upstream = WarmUpUpstream.open();
        RunningProxy proxy = null;
        try {
            CertificateStore store = CertificateStore.inMemory();
            proxy = RunningProxy.start(config(store, upstream));
            SSLSocketFactory client =
                    ClientTls.pinning(store.load(NAME).orElseThrow().leaf()).getSocketFactory();
            return new WarmUpProxy(upstream, proxy, client);
        } catch (IOException | RuntimeException e) {
            if (proxy != null) {
                proxy.close(Duration.ZERO);
            }
            upstream.close();
            throw e;
        }
    }

    private static ProxyConfig config(CertificateStore store, WarmUpUpstream upstream) {
        return TlsProxy.builder()
                .https(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withoutHttp()
                .store(store)
                .route(NAME, upstream.uri())
                .ioThreads(1)
                .warmUp(Duration.ZERO)
                .config();
    }

    /** A handshake and one request, or two; each second client offers more than clients of this kind do by themselves. */
    @Override
    public void connect() throws IOException {
        int number = made.getAndIncrement() & Integer.MAX_VALUE;
        InetSocketAddress address = proxy.addresses().https();
        try (Socket socket = new Socket()) {
            // Else each connection waits for a delayed acknowledgement.
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(address, PATIENCE_MILLIS);
            try (SSLSocket tls = (SSLSocket) client.createSocket(socket, NAME, address.getPort(), true)) {
                if (number % 2 == 1) {
                    tls.setEnabledCipherSuites(tls.getSupportedCipherSuites());
                }
                if (number % 4 == 0) {
                    request(tls, TARGETS[0], "keep-alive");
                }
                request(tls, TARGETS[number % TARGETS.length], "close");
            }
        }
    }

    private static void request(SSLSocket tls, String target, String connection) throws IOException {
        tls.getOutputStream()
                .write(("GET " + target + " HTTP/1.1\r\nHost: " + NAME + ":" + tls.getPort()
                                + "\r\nUser-Agent: warm-up/1.0\r\nAccept: */*\r\nConnection: " + connection
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        byte[] response = new byte[1024];
        InputStream in = tls.getInputStream();
        int length = 0;
        while (length < response.length && !WarmUpUpstream.endsResponse(response, length)) {
            int read = in.read(response, length, response.length - length);
            if (read < 0) {
                throw new IOException("the response of the warm-up's proxy is cut off after " + length + " bytes");
            }
            length += read;
        }
        String head = new String(response, 0, length, StandardCharsets.ISO_8859_1);
        if (!head.startsWith("HTTP/1.1 200 ")) {
            throw new IOException("the warm-up's proxy answered " + head);
        }
    }

    @Override
    public void close() {
        proxy.close(Duration.ZERO);
        upstream.close();
    }
}
