package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.internal.tls.ClientTls;
import dev.tlsproxy.internal.tls.TlsConfig;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handshakes that wait for a certificate. */
@Timeout(60)
class OnDemandIT {

    private static final TlsConfig TLS = new TlsConfig(true, false, false, Optional.empty());
    private static final String WANTED = "wanted.example.com";

    private final CompletableFuture<Boolean> wanted = new CompletableFuture<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private ListenerFixture server;

    @BeforeEach
    void start() throws IOException {
        start(Duration.ofSeconds(10), Duration.ofSeconds(30));
    }

    private void start(Duration handshake, Duration held) throws IOException {
        server = new ListenerFixture(
                TLS,
                new ListenConfig(handshake, held, Duration.ofSeconds(30), Duration.ofSeconds(60), 32 * 1024, 200, 100),
                this::demand);
    }

    private void restart(Duration handshake, Duration held) throws IOException {
        server.close();
        start(handshake, held);
    }

    private Optional<CompletionStage<Boolean>> demand(String name) {
        asked.add(name);
        return name.equals(WANTED) ? Optional.of(wanted) : Optional.empty();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void deployWanted() {
        deployWanted(server.ca.issue("P-256", WANTED));
    }

    private void deployWanted(CertifiedKey key) {
        server.certificates.deploy(WANTED, key);
        wanted.complete(true);
    }

    private Socket sendHello(String name) throws IOException {
        byte[] hello = RawTls.clientHello(server.ca.root(), name); // before the time for the handshake runs
        Socket socket = RawTls.connect(server.address);
        socket.getOutputStream().write(hello);
        return socket;
    }

    private static void assertServerHello(Socket socket) throws IOException {
        byte[] header = socket.getInputStream().readNBytes(6);
        assertThat(header).as("a record").hasSize(6);
        assertThat(header[0]).as("handshake record").isEqualTo((byte) 22);
        assertThat(header[5]).as("ServerHello").isEqualTo((byte) 2);
    }

    @Test
    void theFirstHandshakeWaitsAndTheNextDoesNot() throws Exception {
        SSLContext client = ClientTls.upstream(List.of(server.ca.root()));
        CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> {
            try (SSLSocket socket = RawTls.jdk(client, server.address, "Wanted.Example.COM", "h2")) {
                socket.startHandshake();
                return socket.getApplicationProtocol();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        await().until(() -> asked.size() == 1);
        assertThat(first).isNotDone();
        assertThat(server.failed).isEmpty();

        deployWanted();

        assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo("h2");
        try (SSLSocket socket = RawTls.jdk(client, server.address, WANTED)) {
            socket.startHandshake();
        }
        assertThat(asked).as("asked once, by the normal form").containsExactly(WANTED);
        await().until(() -> server.completed.size() == 2);
        assertThat(server.completed)
                .extracting(tls -> tls.serverName().orElse(""))
                .containsOnly(WANTED);
        assertThat(server.failed).isEmpty();
    }

    @Test
    void aStageThatIsCompleteAlreadyIsFollowedAtOnce() throws Exception {
        wanted.complete(true);
        assertThat(RawTls.exchange(server.address, RawTls.clientHello(server.ca.root(), WANTED)))
                .as("complete, but nothing was deployed")
                .isEqualTo(RawTls.alert(112));
    }

    @Test
    void aNameThatIsNotGrantedIsRefusedAtOnce() throws Exception {
        assertThat(RawTls.exchange(server.address, RawTls.clientHello(server.ca.root(), "refused.example.com")))
                .isEqualTo(RawTls.alert(112));
        assertThat(server.failed)
                .containsExactly("refused.example.com: no certificate for the name the client asks for");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDemandThatFailsIsRefused(boolean exceptionally) throws Exception {
        try (Socket socket = sendHello(WANTED)) {
            await().until(() -> asked.size() == 1);
            if (exceptionally) {
                wanted.completeExceptionally(new IOException("the CA is down"));
            } else {
                wanted.complete(false);
            }
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(RawTls.alert(112));
        }
        assertThat(server.failed).containsExactly(WANTED + ": no certificate for the name the client asks for");
    }

    @Test
    void asksForNoNameThatIsServedNorForAChallengeNorWithoutAName() throws Exception {
        try (Socket socket = sendHello("localhost")) {
            // sent without server_name by this client, and served by the local address
            assertServerHello(socket);
        }
        SSLContext client = ClientTls.upstream(List.of(server.ca.root()));
        try (SSLSocket socket = RawTls.jdk(client, server.address, WANTED, "acme-tls/1")) {
            assertThatThrownBy(socket::startHandshake).hasMessageContaining("no_application_protocol");
        }
        try (SSLSocket socket = RawTls.jdk(client, server.address, WANTED, "spdy/3")) {
            assertThatThrownBy(socket::startHandshake).hasMessageContaining("no_application_protocol");
        }
        assertThat(asked).isEmpty();
    }

    @Test
    void aHandshakeIsHeldForTheStatedTimeAtMost() throws Exception {
        restart(Duration.ofSeconds(1), Duration.ofMillis(1500));

        try (Socket socket = sendHello(WANTED)) {
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(RawTls.alert(112));
        }
        assertThat(server.failed)
                .containsExactly(WANTED + ": there was no certificate for the name the client asks for after 1500 ms");
        await().until(() -> server.listener.openConnections() == 0);
        deployWanted(); // too late, and no trouble
        assertThat(server.failed).hasSize(1);
    }

    @Test
    void aHeldHandshakeHasTheLongerTimeForItsRestToo() throws Exception {
        restart(Duration.ofMillis(500), Duration.ofSeconds(3));
        CertifiedKey key = server.ca.issue("P-256", WANTED);

        try (Socket socket = sendHello(WANTED)) {
            await().until(() -> asked.size() == 1);
            await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
            deployWanted(key);
            assertServerHello(socket);
            drain(socket.getInputStream()); // the client never finishes
        }
        await().untilAsserted(() ->
                assertThat(server.failed).containsExactly(WANTED + ": the handshake was not complete after 3000 ms"));
    }

    private static void drain(InputStream in) {
        try {
            while (in.read() >= 0) {
                continue;
            }
        } catch (IOException e) {
            // cut
        }
    }

    @Test
    void aThousandAreHeldAndNoMore() throws Exception {
        List<Socket> held = new ArrayList<>();
        try {
            for (int i = 0; i < HeldHandshakes.MAX; i++) {
                held.add(sendHello(WANTED));
            }
            await().atMost(Duration.ofSeconds(20)).until(() -> asked.size() == HeldHandshakes.MAX);
            assertThat(server.failed).isEmpty();

            assertThat(RawTls.exchange(server.address, RawTls.clientHello(server.ca.root(), WANTED)))
                    .isEqualTo(RawTls.alert(112));
            assertThat(server.failed)
                    .containsExactly(WANTED + ": no certificate for the name the client asks for, and 1000"
                            + " handshakes wait for theirs already");
            try (Socket served = sendHello("localhost")) {
                assertServerHello(served);
            }

            deployWanted();
            for (Socket socket : held) {
                assertServerHello(socket);
            }
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void placesAreGivenBack() throws Exception {
        restart(Duration.ofSeconds(1), Duration.ofSeconds(2));
        CertifiedKey key = server.ca.issue("P-256", WANTED);
        List<Socket> held = new ArrayList<>();
        try {
            for (int i = 0; i < HeldHandshakes.MAX; i++) {
                held.add(sendHello(WANTED));
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> server.listener.openConnections() == 0);
            try (Socket socket = sendHello(WANTED)) {
                await().until(() -> server.listener.openConnections() == 1);
                deployWanted(key);
                assertServerHello(socket);
            }
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void closingTheListenerEndsTheWait() throws Exception {
        try (Socket socket = sendHello(WANTED)) {
            await().until(() -> asked.size() == 1);

            server.listener.close();

            await().until(() -> server.listener.openConnections() == 0);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
            deployWanted();
        }
        assertThat(server.failed).containsExactly(WANTED + ": the connection was closed before the handshake");
    }
}
