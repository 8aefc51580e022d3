package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.RealPeer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What RFC 9113 section 8 calls malformed, sent by python3-h2 with its own checks off, reaches no upstream. */
@RequiresPeer(Peer.PYTHON_H2)
class MalformedHttp2IT {

    private static final String HOST = "api.localhost";

    @RegisterExtension
    final Workbench bench = new Workbench();

    private RawUpstream upstream;
    private TlsProxy proxy;

    @BeforeEach
    void start() {
        upstream = bench.closing(RawUpstream.ok());
        proxy = bench.start(TlsProxy.builder().route(HOST, upstream.uri()));
    }

    @Test
    void wellFormedRequestOfTheSameClientPasses() {
        assertThat(send("well-formed")).isEqualTo("status 200");
        assertThat(upstream.requestLines()).containsExactly("GET /well-formed HTTP/1.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "crlf-in-value",
                "lf-in-value",
                "nul-in-value",
                "crlf-in-path",
                "space-in-path",
                "crlf-in-authority",
                "userinfo-in-authority",
                "upper-case-name",
                "keep-alive",
                "proxy-connection",
                "transfer-encoding",
                "upgrade",
                "te-gzip",
                "no-path",
                "pseudo-after-regular",
                "body-shorter-than-content-length",
                "no-body-with-content-length"
            })
    void malformedRequestIsRefusedAndTheNextOneServed(String malformed) {
        assertThat(send(malformed)).isIn("status 400", "reset", "connection ended");
        assertThat(send("well-formed")).isEqualTo("status 200");

        // a request whose head was in order may have begun; its body then never ends well
        boolean bodyOnly = malformed.equals("body-shorter-than-content-length");
        assertThat(upstream.requestLines())
                .filteredOn(line -> !(bodyOnly && line.equals("POST /" + malformed + " HTTP/1.1")))
                .containsExactly("GET /well-formed HTTP/1.1");
    }

    /** RFC 9113 section 8.3.1. */
    @Test
    void hostThatDiffersFromTheAuthorityIsRefused() {
        assertThat(send("authority-and-other-host")).isIn("status 400", "reset");

        assertThat(upstream.heads).isEmpty();
    }

    private String send(String request) {
        RealPeer python = RealPeer.of(Peer.PYTHON_H2);
        Path directory = bench.directory(python, "python");
        Path ca = Workbench.caFile(proxy, directory);
        Path script = directory.resolve("malformed_h2.py");
        try (InputStream in = MalformedHttp2IT.class.getResourceAsStream("/malformed_h2.py")) {
            Files.copy(Objects.requireNonNull(in), script);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        PeerProcess.Result result = python.run(
                directory,
                Duration.ofSeconds(30),
                python.seen(script),
                HOST,
                Integer.toString(Workbench.port(proxy)),
                python.seen(ca),
                request);
        assertThat(result.exit()).as(result.output()).isZero();
        return result.output().trim();
    }
}
