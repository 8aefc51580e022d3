package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against BIND's {@code named} (Debian package bind9), which takes updates of zone example.com with two keys. */
class Rfc2136SolverIT {

    private static final String NAME = "_acme-challenge.www.example.com";
    private static final String VALUE = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
    private static final String OTHER = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";
    private static final String SECRET =
            Base64.getEncoder().encodeToString("0123456789abcdef0123456789abcdef".getBytes());
    private static final Duration WAIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private Process named;
    private int port;

    @BeforeEach
    void startNamed() throws Exception {
        Optional<Path> program = program();
        if (program.isEmpty()) {
            String reason = "named (Debian package bind9) is not on the path";
            assertThat(Boolean.getBoolean("peers.required")).as(reason).isFalse();
            Assumptions.abort(reason);
        }
        port = freePort();
        Files.writeString(directory.resolve("zone"), """
                $ORIGIN example.com.
                $TTL 60
                @ SOA ns root 1 60 60 600 60
                @ NS ns
                ns A 127.0.0.1
                """);
        Path configuration = Files.writeString(directory.resolve("named.conf"), """
                key "key-256" { algorithm hmac-sha256; secret "SECRET"; };
                key "key-512" { algorithm hmac-sha512; secret "SECRET"; };
                key "powerless" { algorithm hmac-sha256; secret "SECRET"; };
                options {
                  directory "DIR"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
                  listen-on port PORT { 127.0.0.1; }; listen-on-v6 { none; };
                };
                controls { };
                zone "example.com" {
                  type primary; file "zone";
                  update-policy { grant key-256 zonesub TXT; grant key-512 zonesub TXT; };
                };
                """.replace("SECRET", SECRET)
                .replace("DIR", directory.toString())
                .replace("PORT", Integer.toString(port)));
        Path log = directory.resolve("log");
        named = new ProcessBuilder(program.get().toString(), "-g", "-n", "1", "-c", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
            assertThat(named.isAlive()).as(Files.readString(log)).isTrue();
            return Files.readString(log).contains(" running");
        });
    }

    @AfterEach
    void stopNamed() throws Exception {
        if (named != null) {
            named.destroy();
            named.waitFor(10, TimeUnit.SECONDS);
            named.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hmac-sha256", "hmac-sha512"})
    void twoRecordsOfOneNameComeAndGoOneByOne(String algorithm) throws Exception {
        Rfc2136Solver solver = Rfc2136Solver.of("127.0.0.1:" + port)
                .tsig("key-" + algorithm.substring("hmac-sha".length()), algorithm, SECRET)
                .checkedAt("127.0.0.1:" + port);

        solver.present(NAME, VALUE);
        solver.present(NAME, OTHER);
        solver.present(NAME, OTHER);
        solver.await(NAME, VALUE, WAIT);
        solver.await(NAME, OTHER, WAIT);
        solver.cleanUp(NAME, VALUE);

        solver.await(NAME, OTHER, WAIT);
        assertMissing(solver, VALUE);
        solver.cleanUp(NAME, VALUE);
        solver.cleanUp(NAME, OTHER);
        assertMissing(solver, OTHER);
    }

    @Test
    void keyThatTheServerDoesNotKnow() {
        assertThatIOException()
                .isThrownBy(() -> solver("stranger").present(NAME, VALUE))
                .withMessage("adding TXT " + NAME + " in zone example.com.: name server 127.0.0.1:" + port
                        + " answered NOTAUTH, BADKEY for TSIG key \"stranger\" (expected: name, algorithm and secret as on"
                        + " the server, and equal clocks)");
    }

    @Test
    void keyWithAnotherSecret() {
        Rfc2136Solver wrong = Rfc2136Solver.of("127.0.0.1:" + port, "example.com")
                .tsig("key-256", "hmac-sha256", "AAAA" + SECRET.substring(4));
        assertThatIOException()
                .isThrownBy(() -> wrong.present(NAME, VALUE))
                .withMessage("adding TXT " + NAME + " in zone example.com.: name server 127.0.0.1:" + port
                        + " answered NOTAUTH, BADSIG for TSIG key \"key-256\" (expected: name, algorithm and secret as on"
                        + " the server, and equal clocks)");
    }

    @Test
    void keyThatMayNotUpdate() {
        assertThatIOException()
                .isThrownBy(() -> solver("powerless").present(NAME, VALUE))
                .withMessage("adding TXT " + NAME + " in zone example.com.: name server 127.0.0.1:" + port
                        + " answered REFUSED (expected: a zone of this server in which TSIG key \"powerless\" may update"
                        + " this record)");
    }

    @Test
    void recordOutsideTheZone() {
        assertThatIOException()
                .isThrownBy(() -> solver("key-256").present("_acme-challenge.example.org", VALUE))
                .withMessageContaining(" answered NOTZONE");
    }

    private Rfc2136Solver solver(String key) {
        return Rfc2136Solver.of("127.0.0.1:" + port, "example.com").tsig(key, "hmac-sha256", SECRET);
    }

    private static void assertMissing(Rfc2136Solver solver, String value) {
        assertThatIOException()
                .isThrownBy(() -> solver.await(NAME, value, Duration.ZERO))
                .withMessageContaining("does not have it");
    }

    private static Optional<Path> program() {
        return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin"))
                .map(folder -> Path.of(folder, "named"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Free for UDP and TCP, a moment ago. */
    private static int freePort() throws IOException {
        while (true) {
            try (ServerSocket tcp = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                List<DatagramSocket> udp = udp(tcp.getLocalPort());
                if (!udp.isEmpty()) {
                    udp.get(0).close();
                    return tcp.getLocalPort();
                }
            }
        }
    }

    private static List<DatagramSocket> udp(int port) {
        try {
            return List.of(new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
        } catch (IOException e) {
            return List.of();
        }
    }
}
