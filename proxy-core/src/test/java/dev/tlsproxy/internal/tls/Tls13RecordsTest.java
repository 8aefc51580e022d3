package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.TestCa;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.bouncycastle.jsse.BCSSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's records against the JVM's own TLS, which shares no code with them. */
class Tls13RecordsTest {

    private static final String NAME = "records.example";
    private static final int BUFFER = 64 * 1024;
    private static final int[] SIZES = {0, 1, 15, 16, 17, 100, 1000, 8191, 16383, 16384};

    private final CertifiedKey key = TestCa.create().request(NAME).issue();
    private final Random random = new Random(5);

    @ParameterizedTest
    @ValueSource(strings = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
    void carriesRecordsOfAllSizesBothWays(String suite) throws Exception {
        Pair pair = connect(suite);

        for (int round = 0; round < 3; round++) {
            for (int size : SIZES) {
                assertThat(pair.sent(pair.server, pair.client, bytes(size), size))
                        .isTrue();
                assertThat(pair.sent(pair.client, pair.server, bytes(size), size))
                        .isTrue();
            }
        }
    }

    @Test
    void keepsConnectionsApartThatMakeRecordsOnOneThread() throws Exception {
        Pair first = connect("TLS_AES_128_GCM_SHA256");
        Pair second = connect("TLS_AES_256_GCM_SHA384");
        byte[] ofFirst = bytes(16384);
        byte[] ofSecond = bytes(300);

        ByteBuffer recordOfFirst = wrapped(first.server, ofFirst);
        ByteBuffer recordOfSecond = wrapped(second.server, ofSecond);

        assertThat(unwrapped(first.client, recordOfFirst)).isEqualTo(ofFirst);
        assertThat(unwrapped(second.client, recordOfSecond)).isEqualTo(ofSecond);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"})
    void goesOnWithNewKeysAfterAKeyUpdate(String suite) throws Exception {
        Pair pair = connect(suite);
        for (int i = 0; i < 3; i++) {
            pair.client.beginHandshake(); // in TLS 1.3 this sends a key update that asks for one
            ByteBuffer update = ByteBuffer.allocate(BUFFER);
            pair.client.wrap(ByteBuffer.allocate(0), update);
            unwrapped(pair.server, update.flip());

            assertThat(pair.sent(pair.client, pair.server, bytes(2000), 2000)).isTrue();
            ByteBuffer answer = wrapped(pair.server, bytes(2000));
            assertThat(unwrapped(pair.client, answer)).hasSize(2000);
            assertThat(pair.sent(pair.server, pair.client, bytes(300), 300)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5, 60, -17, -16, -1})
    void refusesARecordOfWhichABitWasChanged(int change) throws Exception {
        Pair pair = connect("TLS_AES_128_GCM_SHA256");
        ByteBuffer record = wrapped(pair.client, bytes(100));
        int place = change < 0 ? record.limit() + change : change;
        record.put(place, (byte) (record.get(place) ^ 1));

        assertThatThrownBy(() -> unwrapped(pair.server, record)).isInstanceOf(SSLException.class);
    }

    @Test
    void refusesARecordThatComesTwiceOrTooEarly() throws Exception {
        Pair pair = connect("TLS_AES_128_GCM_SHA256");
        ByteBuffer first = wrapped(pair.client, bytes(100));
        unwrapped(pair.server, first.duplicate());

        assertThatThrownBy(() -> unwrapped(pair.server, first)).isInstanceOf(SSLException.class);

        Pair other = connect("TLS_AES_128_GCM_SHA256");
        wrapped(other.client, bytes(100));
        ByteBuffer second = wrapped(other.client, bytes(100));

        assertThatThrownBy(() -> unwrapped(other.server, second)).isInstanceOf(SSLException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 17})
    void refusesARecordTooShortForATagAndAType(int length) throws Exception {
        Pair pair = connect("TLS_AES_128_GCM_SHA256");
        ByteBuffer record = ByteBuffer.allocate(5 + length).put(new byte[] {23, 3, 3, 0, (byte) length});

        assertThatThrownBy(() -> unwrapped(pair.server, record.rewind())).isInstanceOf(SSLException.class);
    }

    private record Pair(SSLEngine client, SSLEngine server) {

        boolean sent(SSLEngine from, SSLEngine to, byte[] content, int size) throws SSLException {
            byte[] got = unwrapped(to, wrapped(from, content));
            return got.length == size && Arrays.equals(got, content);
        }
    }

    private Pair connect(String suite) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new PinnedTrust(Set.of(key.leaf()))}, null);
        SSLEngine client = context.createSSLEngine(NAME, 443);
        client.setUseClientMode(true);
        SSLParameters parameters = client.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setCipherSuites(new String[] {suite});
        client.setSSLParameters(parameters);
        ByteBuffer toServer = ByteBuffer.allocate(BUFFER);
        client.beginHandshake();
        drive(client, toServer);
        SSLEngine server = serverFor(toServer.duplicate().flip());
        ByteBuffer toClient = ByteBuffer.allocate(BUFFER);
        for (int step = 0; step < 20; step++) {
            take(server, toServer);
            drive(server, toClient);
            take(client, toClient);
            drive(client, toServer);
        }
        assertThat(server.getSession().getCipherSuite()).isEqualTo(suite);
        assertThat(client.getHandshakeStatus()).isEqualTo(HandshakeStatus.NOT_HANDSHAKING);
        return new Pair(client, server);
    }

    private SSLEngine serverFor(ByteBuffer hello) {
        CertificateTable table = new CertificateTable();
        table.deploy(NAME, key);
        ServerTlsContext context = new ServerTlsContext(
                new TlsConfig(true, false, false, Optional.empty()),
                table,
                new ChallengeTable(),
                CertificateDemand.NONE);
        ClientHelloReader reader = new ClientHelloReader();
        reader.feed(hello);
        Admission.Proceed proceed =
                (Admission.Proceed) context.admit(reader.hello().orElseThrow(), InetAddress.getLoopbackAddress());
        SSLEngine engine = proceed.context().createSSLEngine(proceed.certificateName(), 0);
        engine.setUseClientMode(false);
        ((BCSSLEngine) engine).setParameters(proceed.parameters());
        return engine;
    }

    private static void drive(SSLEngine engine, ByteBuffer out) throws SSLException {
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            engine.wrap(ByteBuffer.allocate(0), out);
            runTasks(engine);
        }
    }

    private static void take(SSLEngine engine, ByteBuffer in) throws SSLException {
        in.flip();
        ByteBuffer nothing = ByteBuffer.allocate(BUFFER);
        int before = -1;
        while (in.hasRemaining() && in.remaining() != before) {
            before = in.remaining();
            engine.unwrap(in, nothing);
            runTasks(engine);
        }
        in.compact();
    }

    private static ByteBuffer wrapped(SSLEngine engine, byte[] content) throws SSLException {
        ByteBuffer source = ByteBuffer.wrap(content);
        ByteBuffer record = ByteBuffer.allocate(BUFFER);
        do {
            engine.wrap(source, record);
        } while (source.hasRemaining());
        return record.flip();
    }

    private static byte[] unwrapped(SSLEngine engine, ByteBuffer records) throws SSLException {
        ByteBuffer content = ByteBuffer.allocate(BUFFER);
        int before = -1;
        while (records.hasRemaining() && records.remaining() != before) {
            before = records.remaining();
            SSLEngineResult result = engine.unwrap(records, content);
            runTasks(engine);
            if (result.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                engine.wrap(ByteBuffer.allocate(0), ByteBuffer.allocate(BUFFER)); // throws what it has kept
            }
        }
        byte[] got = new byte[content.flip().remaining()];
        content.get(got);
        return got;
    }

    private static void runTasks(SSLEngine engine) {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
