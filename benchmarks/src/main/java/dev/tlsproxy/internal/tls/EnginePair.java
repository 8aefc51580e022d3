package dev.tlsproxy.internal.tls;

import dev.tlsproxy.benchmarks.TestCertificate;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import org.bouncycastle.jsse.BCSSLEngine;

/**
 * A client and the proxy's server side, joined in memory.
 *
 * @param client connected
 * @param server connected
 */
record EnginePair(SSLEngine client, SSLEngine server) {

    static final int BUFFER = 64 * 1024;
    private static final int MOST_STEPS = 50;

    /** The bytes of a client's ClientHello. */
    static ByteBuffer hello(SSLEngine client) throws SSLException {
        ByteBuffer hello = ByteBuffer.allocate(BUFFER);
        client.beginHandshake();
        wrapHandshake(client, hello);
        return hello.flip();
    }

    static void wrapHandshake(SSLEngine engine, ByteBuffer out) throws SSLException {
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            engine.wrap(ByteBuffer.allocate(0), out);
            runTasks(engine);
        }
    }

    static void unwrap(SSLEngine engine, ByteBuffer in) throws SSLException {
        ByteBuffer nothing = ByteBuffer.allocate(BUFFER);
        int before;
        do {
            before = in.remaining();
            engine.unwrap(in, nothing);
            runTasks(engine);
        } while (in.hasRemaining() && in.remaining() != before);
    }

    /** The JDK's engine hands its work out as tasks; Bouncy Castle's does not. */
    private static void runTasks(SSLEngine engine) {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** Makes engines for one certificate. */
    static final class Maker {

        private final ServerTlsContext context;
        private final SSLContext hybridClients;
        private final SSLContext classicClients;

        /** The calling thread gets the name of the proxy's own, whose library logs are kept quiet. */
        Maker(TestCertificate certificate) {
            Thread.currentThread().setName(LibraryLogs.THREAD_PREFIX + " benchmark");
            LibraryLogs.silence();
            CertificateTable table = new CertificateTable();
            table.deploy(TestCertificate.NAME, certificate.key());
            context = new ServerTlsContext(
                    new TlsConfig(true, false, false, Optional.empty()),
                    table,
                    new ChallengeTable(),
                    CertificateDemand.NONE);
            hybridClients = ClientTls.trusting(List.of(certificate.key().leaf()));
            classicClients = ClientTls.upstream(List.of(certificate.key().leaf()));
        }

        SSLEngine client(String group) {
            SSLContext clients = group.equals("x25519") ? classicClients : hybridClients;
            SSLEngine client = clients.createSSLEngine(TestCertificate.NAME, 443);
            client.setUseClientMode(true);
            return client;
        }

        /** An engine for a client, chosen by its ClientHello as the listener does it. */
        SSLEngine server(ByteBuffer clientHello) {
            ClientHelloReader reader = new ClientHelloReader();
            reader.feed(clientHello.duplicate());
            Admission admission = context.admit(reader.hello().orElseThrow(), InetAddress.getLoopbackAddress());
            if (!(admission instanceof Admission.Proceed proceed)) {
                throw new IllegalStateException("not admitted: " + admission);
            }
            SSLEngine engine = proceed.context().createSSLEngine(proceed.certificateName(), 0);
            engine.setUseClientMode(false);
            ((BCSSLEngine) engine).setParameters(proceed.parameters());
            return engine;
        }

        EnginePair connected(String group) throws SSLException {
            SSLEngine client = client(group);
            ByteBuffer toServer = hello(client);
            SSLEngine server = server(toServer);
            ByteBuffer toClient = ByteBuffer.allocate(BUFFER).flip();
            for (int step = 0; step < MOST_STEPS; step++) {
                unwrap(server, toServer);
                wrapHandshake(server, toClient.compact());
                unwrap(client, toClient.flip());
                wrapHandshake(client, toServer.compact());
                toServer.flip();
                if (isDone(client) && isDone(server) && !toServer.hasRemaining()) {
                    return new EnginePair(client, server);
                }
            }
            throw new SSLException("no end of the handshake");
        }

        private static boolean isDone(SSLEngine engine) {
            return engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                    && !engine.getSession().getProtocol().equals("NONE");
        }
    }
}
