package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.http.ConnectionTls;
import dev.tlsproxy.internal.tls.CertificateDemand;
import dev.tlsproxy.internal.tls.CertificateTable;
import dev.tlsproxy.internal.tls.ChallengeTable;
import dev.tlsproxy.internal.tls.LibraryLogs;
import dev.tlsproxy.internal.tls.ServerTlsContext;
import dev.tlsproxy.internal.tls.TlsConfig;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.testing.TestCa;
import io.undertow.connector.ByteBufferPool;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** An HTTPS listener whose pipeline echoes the request's length, on a port of its own. */
final class ListenerFixture implements AutoCloseable {

    final LibraryLogs.Silence silence = LibraryLogs.silence();
    final TestCa ca = TestCa.create();
    final CertificateTable certificates = new CertificateTable();
    final ChallengeTable challenges = new ChallengeTable();
    final List<NegotiatedTls> completed = new CopyOnWriteArrayList<>();
    final List<String> failed = new CopyOnWriteArrayList<>();
    final List<NegotiatedTls> seenByPipeline = new CopyOnWriteArrayList<>();
    final XnioWorker worker;
    final ByteBufferPool pool = new DefaultByteBufferPool(true, 16364, 1000, 12);
    final HttpsListener listener;
    final InetSocketAddress address;

    ListenerFixture() throws IOException {
        this(new TlsConfig(true, false, false, Optional.empty()), Duration.ofSeconds(10));
    }

    ListenerFixture(TlsConfig config, Duration handshake) throws IOException {
        this(
                config,
                ListenConfig.of(handshake, Duration.ofSeconds(30), Duration.ofSeconds(60)),
                CertificateDemand.NONE);
    }

    ListenerFixture(TlsConfig config, ListenConfig limits, CertificateDemand demand) throws IOException {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.builder()
                        .set(Options.WORKER_IO_THREADS, 2)
                        .set(Options.WORKER_NAME, "tls-proxy-test")
                        .set(Options.THREAD_DAEMON, true)
                        .getMap());
        certificates.deploy("localhost", ca.issue("localhost"));
        listener = new HttpsListener(
                worker,
                pool,
                new ServerTlsContext(config, certificates, challenges, demand),
                new Echo(),
                limits,
                openDoor(),
                new Recorder());
        address = listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        listener.startAccepting();
    }

    static Door openDoor() {
        return new Door(new Door.Config(
                10_000, 10_000, 10_000, client -> false, List.of(), Duration.ofSeconds(10), new ProxyEvents() {}));
    }

    int port() {
        return address.getPort();
    }

    @Override
    public void close() {
        listener.close();
        worker.shutdownNow();
        try {
            worker.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        silence.close();
    }

    private final class Echo implements HttpHandler {

        @Override
        public void handleRequest(HttpServerExchange exchange) throws IOException {
            NegotiatedTls attached = exchange.getConnection().getAttachment(ConnectionTls.ATTACHMENT);
            seenByPipeline.add(
                    attached != null ? attached : exchange.getConnection().getOption(ConnectionTls.OPTION));
            exchange.getRequestReceiver()
                    .receiveFullBytes((e, body) -> e.getResponseSender().send(e.getProtocol() + " " + body.length));
        }
    }

    private final class Recorder implements ProxyEvents {

        @Override
        public void handshakeCompleted(InetSocketAddress client, NegotiatedTls tls) {
            completed.add(tls);
        }

        @Override
        public void handshakeFailed(InetSocketAddress client, Optional<String> serverName, String reason) {
            failed.add(serverName.orElse("-") + ": " + reason);
        }
    }
}
