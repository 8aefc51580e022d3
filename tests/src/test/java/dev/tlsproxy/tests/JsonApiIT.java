package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Experiments 1 and 2: a certificate without manual steps, and a JSON API behind it, for curl in front of nginx. */
@RequiresPeer({Peer.CURL, Peer.NGINX})
class JsonApiIT {

    @RegisterExtension
    final Workbench bench = new Workbench();

    @ParameterizedTest
    @CsvSource({"--http1.1, 1.1", "--http2, 2"})
    void servesHealthCheckUnderACertificateThatCurlVerifies(String option, String version) throws IOException {
        NginxUpstream nginx = NginxUpstream.start(bench);
        Files.createDirectories(nginx.files.resolve("api"));
        Files.writeString(nginx.files.resolve("api/health_check.json"), "{\"status\":\"Ok\"}");
        Curl curl = new Curl(bench, start(nginx));

        Curl.Response response = curl.get("api.localhost", "/api/health_check.json", option);

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.version()).isEqualTo(version);
        assertThat(response.body()).isEqualTo("{\"status\":\"Ok\"}");
    }

    @ParameterizedTest
    @CsvSource({"--http1.1", "--http2"})
    void tellsTheUpstreamTargetHostAndClient(String option) {
        TlsProxy proxy = start(NginxUpstream.start(bench));
        Curl curl = new Curl(bench, proxy);

        Curl.Response response =
                curl.get("api.localhost", "/echo?a=%2F&b=+;|&", option, "--header", "X-Forwarded-For: 203.0.113.9");

        assertThat(response.body())
                .isEqualTo("{\"target\":\"/echo?a=%2F&b=+;|&\",\"host\":\"api.localhost:" + Workbench.port(proxy)
                        + "\",\"for\":\"127.0.0.1\",\"proto\":\"https\"}");
    }

    @ParameterizedTest
    @CsvSource({"--http1.1", "--http2"})
    void passesOnTheUpstreamsOwnErrors(String option) {
        Curl curl = new Curl(bench, start(NginxUpstream.start(bench)));

        Curl.Response response = curl.get("api.localhost", "/no-such-file", option);

        assertThat(response.status()).isEqualTo(404);
        assertThat(response.body()).contains("nginx");
    }

    private TlsProxy start(NginxUpstream nginx) {
        return bench.start(TlsProxy.builder().route("api.localhost", nginx.uri()));
    }
}
