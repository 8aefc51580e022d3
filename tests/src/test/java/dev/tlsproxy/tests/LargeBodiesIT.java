package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * 100 MB each way between curl and nginx, intact and without growth: this JVM has less heap and less direct memory than one
 * body has bytes (pom.xml), and what is in use afterwards is what was in use before.
 */
@RequiresPeer({Peer.CURL, Peer.NGINX})
class LargeBodiesIT {

    private static final String HOST = "files.localhost";
    private static final int SIZE = 100 * 1024 * 1024;

    @RegisterExtension
    final Workbench bench = new Workbench();

    private NginxUpstream nginx;
    private Curl curl;

    private void start(String upstream) {
        nginx = NginxUpstream.start(bench);
        TlsProxy proxy =
                bench.start(TlsProxy.builder().route(HOST, upstream.equals("h2c") ? nginx.http2Uri() : nginx.uri()));
        curl = new Curl(bench, proxy);
    }

    @ParameterizedTest
    @CsvSource({"--http1.1, http", "--http2, http", "--http1.1, h2c", "--http2, h2c"})
    void downloadArrivesIntactWithFlatMemory(String option, String upstream) throws IOException {
        start(upstream);
        String sent = writeRandom(nginx.files.resolve("large.bin"));
        curl.get(HOST, "/large.bin", option); // what is made once (buffer pools, classes) is made
        Memory before = Memory.inUse();

        Curl.Response response = curl.get(HOST, "/large.bin", option);

        assertThat(response.status()).isEqualTo(200);
        assertThat(sha256(response.bodyFile())).isEqualTo(sent);
        Memory.inUse().assertNotGrownSince(before);
    }

    @ParameterizedTest
    @CsvSource({
        "--http1.1, Content-Length, http",
        "--http1.1, Transfer-Encoding: chunked, http",
        "--http2, Content-Length, http",
        "--http1.1, Transfer-Encoding: chunked, h2c",
        "--http2, Content-Length, h2c",
        // not sent in HTTP/2: curl then sends no length, and the upstream leg is chunked
        "--http2, Transfer-Encoding: chunked, http"
    })
    void uploadArrivesIntactWithFlatMemory(String option, String framing, String upstream) throws IOException {
        start(upstream);
        Path file = curl.directory.resolve("large.bin");
        String sent = writeRandom(file);
        upload("/first.bin", file, option, framing);
        Memory before = Memory.inUse();

        Curl.Response response = upload("/second.bin", file, option, framing);

        assertThat(response.status()).isEqualTo(201);
        assertThat(sha256(nginx.files.resolve("second.bin"))).isEqualTo(sent);
        Memory.inUse().assertNotGrownSince(before);
    }

    private Curl.Response upload(String target, Path file, String option, String framing) {
        String field = framing.contains(":") ? framing : "Expect:"; // without 100-continue
        return curl.get(HOST, target, option, "--upload-file", curl.curl.seen(file), "--header", field);
    }

    private static String writeRandom(Path file) throws IOException {
        MessageDigest digest = newSha256();
        Random random = new Random(7);
        byte[] block = new byte[64 * 1024];
        try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
            for (int written = 0; written < SIZE; written += block.length) {
                random.nextBytes(block);
                out.write(block);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest digest = newSha256();
        try (InputStream in = Files.newInputStream(file)) {
            in.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
