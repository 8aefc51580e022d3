package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

class ClientHelloReaderTest {

    private static byte[] hello() throws Exception {
        SSLEngine engine = ClientTls.trusting(List.of()).createSSLEngine("a.example.test", 443);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
        engine.setSSLParameters(parameters);
        ByteBuffer out = ByteBuffer.allocate(32 * 1024);
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    @Test
    void readsWhatTheClientOffers() throws Exception {
        ClientHelloReader reader = new ClientHelloReader();

        assertThat(reader.feed(ByteBuffer.wrap(hello()))).isEqualTo(ClientHelloReader.Status.COMPLETE);
        ClientHello hello = reader.hello().orElseThrow();
        assertThat(hello.serverName()).contains("a.example.test");
        assertThat(hello.applicationProtocols()).containsExactly("h2", "http/1.1");
        assertThat(hello.offersTls13()).isTrue();
        assertThat(hello.groups()).contains(NamedGroups.X25519MLKEM768, NamedGroups.X25519);
        assertThat(hello.keyShares()).containsExactly(NamedGroups.X25519MLKEM768, NamedGroups.X25519);
    }

    @Test
    void needsMoreUntilTheLastByte() throws Exception {
        byte[] bytes = hello();
        ClientHelloReader reader = new ClientHelloReader();
        for (int i = 0; i < bytes.length - 1; i++) {
            assertThat(reader.feed(ByteBuffer.wrap(bytes, i, 1))).isEqualTo(ClientHelloReader.Status.NEED_MORE);
        }
        assertThat(reader.feed(ByteBuffer.wrap(bytes, bytes.length - 1, 1)))
                .isEqualTo(ClientHelloReader.Status.COMPLETE);
    }

    @Test
    void tellsOtherProtocolsByTheFirstByte() {
        assertThat(new ClientHelloReader().feed(ByteBuffer.wrap(new byte[] {'G'})))
                .isEqualTo(ClientHelloReader.Status.NOT_TLS);
    }

    @Test
    void refusesMessageLargerThan16KiB() {
        byte[] start = {22, 3, 1, 0x40, 0, 1, 0, 0x40, 1};

        assertThat(new ClientHelloReader().feed(ByteBuffer.wrap(start))).isEqualTo(ClientHelloReader.Status.MALFORMED);
    }

    @Test
    void givesAResultForAnyChangeOfAnyByte() throws Exception {
        byte[] bytes = hello();
        Random random = new Random(1);
        int malformed = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] changed = bytes.clone();
            for (int i = 0; i <= round % 3; i++) {
                changed[random.nextInt(round % 2 == 0 ? 200 : changed.length)] = (byte) random.nextInt();
            }
            ClientHelloReader reader = new ClientHelloReader();
            ClientHelloReader.Status status = reader.feed(ByteBuffer.wrap(changed));
            assertThat(reader.hello().isPresent()).isEqualTo(status == ClientHelloReader.Status.COMPLETE);
            malformed += status == ClientHelloReader.Status.MALFORMED ? 1 : 0;
        }
        assertThat(malformed).isPositive();
    }

    @Test
    void givesAResultForGarbage() {
        Random random = new Random(2);
        for (int round = 0; round < 20_000; round++) {
            byte[] garbage = new byte[1 + random.nextInt(300)];
            random.nextBytes(garbage);
            garbage[0] = 22;
            garbage[1 % garbage.length] = 3;
            assertThat(new ClientHelloReader().feed(ByteBuffer.wrap(garbage))).isNotNull();
            ServerFlight flight = new ServerFlight();
            flight.feed(ByteBuffer.wrap(garbage));
            assertThat(flight.alert()).isBetween(-1, 255);
        }
    }
}
