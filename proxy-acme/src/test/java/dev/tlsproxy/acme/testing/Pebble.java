package dev.tlsproxy.acme.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * Let's Encrypt's test CA as a process of its own, with a {@link MockDns} that it asks. It validates on
 * {@link #httpPort()} and {@link #tlsPort()} of the addresses that its DNS gives; both are free until a test listens there.
 */
public final class Pebble implements AutoCloseable {

    private final Path binary;
    private final PebbleOptions options;
    private final Path directory;
    private final TestTls tls = TestTls.create();
    private final MockDns dns;
    private final HttpClient http;
    private final int port = Ports.free();
    private final int managementPort = Ports.free();
    private final int httpPort = Ports.free();
    private final int tlsPort = Ports.free();
    private @Nullable TestProcess process;

    private Pebble(Path binary, Path dnsBinary, PebbleOptions options) throws IOException {
        this.binary = binary;
        this.options = options;
        this.directory = Files.createTempDirectory("pebble");
        Files.writeString(directory.resolve("cert.pem"), tls.chainPem());
        Files.writeString(directory.resolve("key.pem"), tls.keyPem());
        Files.writeString(
                directory.resolve("config.json"),
                options.config(directory.toString(), port, managementPort, httpPort, tlsPort));
        this.http = HttpClient.newBuilder()
                .sslContext(TestTls.trusting(List.of(tls.root())))
                .build();
        this.dns = MockDns.start(dnsBinary, directory);
    }

    /**
     * Every Pebble there is: each of the files in property or environment variable {@code pebble} / {@code PEBBLE} (with
     * {@code :} between), else the first on the path. Where there is none, the test is skipped with that reason, or
     * fails with {@code -Dpeers.required=true}. Beside each lies its {@code pebble-challtestsrv}.
     */
    public static List<Path> binaries() {
        String named = System.getProperty(
                "pebble", Optional.ofNullable(System.getenv("PEBBLE")).orElse(""));
        List<Path> found = named.isBlank()
                ? Stream.of(Optional.ofNullable(System.getenv("PATH"))
                                .orElse("")
                                .split(File.pathSeparator))
                        .map(part -> Path.of(part, "pebble"))
                        .filter(Files::isExecutable)
                        .limit(1)
                        .toList()
                : Stream.of(named.split(File.pathSeparator)).map(Path::of).toList();
        List<Path> usable = new ArrayList<>();
        for (Path binary : found) {
            if (Files.isExecutable(binary) && Files.isExecutable(dnsBinary(binary))) {
                usable.add(binary);
            }
        }
        if (usable.isEmpty()) {
            String reason = "no pebble with a pebble-challtestsrv beside it"
                    + " (expected: on the path, or named by -Dpebble or PEBBLE)";
            assertThat(Boolean.getBoolean("peers.required")).as(reason).isFalse();
            Assumptions.abort(reason);
        }
        return usable;
    }

    private static Path dnsBinary(Path binary) {
        return binary.resolveSibling("pebble-challtestsrv");
    }

    /** Starts the last of {@link #binaries()}: where several are named, name the newest last. */
    public static Pebble start(PebbleOptions options) {
        List<Path> binaries = binaries();
        return start(binaries.get(binaries.size() - 1), options);
    }

    /** Starts one and waits until it answers. */
    public static Pebble start(Path binary, PebbleOptions options) {
        try {
            Pebble pebble = new Pebble(binary, dnsBinary(binary), options);
            pebble.restart();
            return pebble;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it on the same ports again; it remembers nothing, has a new root, and is running afterwards. */
    public void restart() {
        stop();
        TestProcess started = TestProcess.start(
                List.of(
                        binary.toString(),
                        "-strict",
                        "-config",
                        directory.resolve("config.json").toString(),
                        "-dnsserver",
                        "127.0.0.1:" + dns.port()),
                options.environment(),
                directory.resolve("pebble.log"));
        process = started;
        Ports.awaitListening(port, started);
        Ports.awaitListening(managementPort, started);
    }

    /** Takes the CA off the network; its DNS stays. */
    public void stop() {
        TestProcess running = process;
        if (running != null) {
            running.close();
            process = null;
        }
    }

    /** The directory. */
    public URI directory() {
        return URI.create("https://localhost:" + port + "/dir");
    }

    /** What its own HTTPS is signed by. */
    public X509Certificate trust() {
        return tls.root();
    }

    /** The root of the certificates it issues, since its last start: 0 is that of the first chain. */
    public X509Certificate root(int index) {
        try {
            byte[] pem = get("https://localhost:" + managementPort + "/roots/" + index);
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
        } catch (CertificateException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where it looks for http-01 answers. */
    public int httpPort() {
        return httpPort;
    }

    /** Where it looks for tls-alpn-01 answers. */
    public int tlsPort() {
        return tlsPort;
    }

    /** Where it tells its roots, by the same certificate as its directory. */
    public int managementPort() {
        return managementPort;
    }

    /** Its DNS. */
    public MockDns dns() {
        return dns;
    }

    /** What it wrote since the first start: requests by kind, challenge results. */
    public String log() {
        try {
            return Files.readString(directory.resolve("pebble.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many orders were made since the first start, by its log. */
    public long orders() {
        return log().lines().filter(line -> line.contains("Added order ")).count();
    }

    /** Skips the test, with the reason, where this Pebble has no ARI (Debian 12's). */
    public void needRenewalInfo() {
        Assumptions.assumeTrue(directoryText().contains("renewalInfo"), binary + " has no ARI (RFC 9773)");
    }

    /** Skips the test, with the reason, where this Pebble has no profiles (Debian 12's). */
    public void needProfiles() {
        Assumptions.assumeTrue(directoryText().contains("profiles"), binary + " has no profiles");
    }

    private String directoryText() {
        return new String(get(directory().toString()), java.nio.charset.StandardCharsets.UTF_8);
    }

    private byte[] get(String uri) {
        try {
            HttpResponse<byte[]> answer = http.send(
                    HttpRequest.newBuilder(URI.create(uri))
                            .timeout(Duration.ofSeconds(5))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).as(uri).isEqualTo(200);
            return answer.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        stop();
        dns.close();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
