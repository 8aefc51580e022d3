package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.RealPeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** curl, verifying a proxy's certificate against its local CA. */
final class Curl {

    private static final Duration LIMIT = Duration.ofSeconds(120);

    final RealPeer curl = RealPeer.of(Peer.CURL);
    final Path directory;
    private final Path ca;
    private final int port;

    Curl(Workbench bench, TlsProxy proxy) {
        directory = bench.directory(curl, "curl");
        ca = Workbench.caFile(proxy, directory);
        port = Workbench.port(proxy);
    }

    /** Asks, and expects that the transfer itself succeeds, whatever its status. */
    Response get(String host, String target, String... options) {
        List<String> arguments = new ArrayList<>(List.of(options));
        Path body = directory.resolve("response-body");
        // --globoff and --path-as-is: the target as it is written here
        arguments.addAll(List.of("--silent", "--show-error", "--globoff", "--path-as-is", "--cacert", curl.seen(ca)));
        arguments.addAll(List.of("--resolve", host + ":" + port + ":127.0.0.1", "--output", curl.seen(body)));
        arguments.addAll(List.of("--write-out", "%{http_code} %{http_version} %{ssl_verify_result}"));
        arguments.add("https://" + host + ":" + port + target);
        PeerProcess.Result result = curl.run(directory, LIMIT, arguments.toArray(String[]::new));
        assertThat(result.exit()).as(result.output()).isZero();
        String[] told = result.output().trim().split(" ");
        assertThat(told).as(result.output()).hasSize(3);
        assertThat(told[2]).as("certificate verification").isEqualTo("0");
        return new Response(Integer.parseInt(told[0]), told[1], body);
    }

    /**
     * What came back.
     *
     * @param status the status code
     * @param version {@code 1.1} or {@code 2}, as curl writes it
     * @param bodyFile where the body is
     */
    record Response(int status, String version, Path bodyFile) {

        String body() {
            try {
                return Files.readString(bodyFile);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
