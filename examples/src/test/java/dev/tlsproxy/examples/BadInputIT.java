package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong gives one line that names the thing and the remedy, and changes nothing on disk. */
class BadInputIT {

    private static final Instant EXPIRED = Instant.parse("2021-01-01T00:00:00Z");
    private static final Instant VALID = Instant.parse("2090-01-01T00:00:00Z");

    @TempDir
    Path directory;

    @Test
    void unreadablePem() throws Exception {
        Path missing = directory.resolve("missing.pem");
        refused(
                2,
                "certificate file " + missing + " does not exist (expected: a PEM file)",
                certificate(missing, missing));
    }

    @Test
    void damagedPem() throws Exception {
        Path text = Files.writeString(directory.resolve("text.pem"), "no PEM");
        refused(
                2,
                "certificate file " + text + " has no certificate in it (expected: a \"-----BEGIN CERTIFICATE-----\""
                        + " block; convert other formats with openssl)",
                certificate(text, text));
    }

    @Test
    void keyOfAnotherCertificate() throws Exception {
        TestCertificate one = TestCertificate.write(directory, "a.localhost", VALID);
        TestCertificate two = TestCertificate.write(directory, "a.localhost", VALID);
        refused(
                2,
                "certificate file " + one.chain() + " and key file " + two.key()
                        + ": private key does not match the certificate of CN=a.localhost"
                        + " (expected: the key whose public half is in the certificate)",
                certificate(one.chain(), two.key()));
    }

    @Test
    void expiredCertificate() throws Exception {
        TestCertificate old = TestCertificate.write(directory, "a.localhost", EXPIRED);
        refused(
                2,
                "certificate file " + old.chain() + " expired on 2021-01-01T00:00:00Z"
                        + " (expected: a certificate valid now; renew it)",
                certificate(old.chain(), old.key()));
    }

    @Test
    void certificateOfAnotherName() throws Exception {
        TestCertificate other = TestCertificate.write(directory, "b.localhost", VALID);
        refused(
                2,
                "certificate file " + other.chain()
                        + " is for [b.localhost] (expected: a certificate for \"a.localhost\")",
                certificate(other.chain(), other.key()));
    }

    @Test
    void duplicateRoute() throws Exception {
        refused(
                2,
                "route \"a.localhost\" was already set to http://127.0.0.1:1",
                List.of("--route", "A.localhost.=http://127.0.0.1:2"));
    }

    @Test
    void malformedUpstream() throws Exception {
        refused(
                2,
                "upstream: \"127.0.0.1:7070\" (expected: http://HOST[:PORT][/BASE], or https://, h2c:// or h2:// in place of http://)",
                List.of("--route", "b.localhost=127.0.0.1:7070"));
    }

    @Test
    void portOutOfRange() throws Exception {
        refused(2, "--http: port 70000 (expected: 0..65535)", List.of("--http", "127.0.0.1:70000"));
    }

    @Test
    void oneAddressForBothListeners() throws Exception {
        refused(
                2,
                "http: /127.0.0.1:8443 is also the address of https, /127.0.0.1:8443"
                        + " (expected: two addresses; choose another port, or call withoutHttp())",
                List.of("--https", "127.0.0.1:8443", "--http", "127.0.0.1:8443"));
    }

    @Test
    void emptyStore() throws Exception {
        refused(2, "store: \"\" (expected: a directory, \".\" for the working directory)", List.of("--store", ""));
    }

    @Test
    void network() throws Exception {
        refusedStarting(2, List.of("--trusted-proxy", "10.0.0.1/8"), "tls-proxy: ");
    }

    @Test
    void portInUse() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            refused(
                    1,
                    "http listener: can't bind " + address
                            + ": Address already in use (choose another address, or end the program that uses it)",
                    List.of("--http", address));
        }
    }

    @Test
    void storeThatCannotBeWritten() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "in the way");
        refusedStarting(1, List.of("--store", file.resolve("store").toString()), "tls-proxy: certificate store: ");
        assertThat(Files.readString(file)).isEqualTo("in the way");
    }

    private List<String> certificate(Path chain, Path key) {
        return List.of("--certificate", "a.localhost=" + chain + "," + key);
    }

    private void refused(int exitCode, String line, List<String> arguments) throws Exception {
        assertThat(standardError(exitCode, arguments)).isEqualTo("tls-proxy: " + line + System.lineSeparator());
    }

    private void refusedStarting(int exitCode, List<String> arguments, String start) throws Exception {
        assertThat(standardError(exitCode, arguments)).startsWith(start).hasLineCount(1);
    }

    private String standardError(int exitCode, List<String> more) throws IOException, InterruptedException {
        Path store = directory.resolve("store");
        List<String> arguments = new ArrayList<>(List.of("run", "--route", "a.localhost=http://127.0.0.1:1"));
        if (!more.contains("--https")) {
            arguments.addAll(List.of("--https", "127.0.0.1:0"));
        }
        if (!more.contains("--store")) {
            arguments.addAll(List.of("--store", store.toString()));
        }
        if (!more.contains("--http")) {
            arguments.add("--no-http");
        }
        arguments.addAll(more);
        try (JarProcess process = JarProcess.start(arguments)) {
            assertThat(process.exitCode()).isEqualTo(exitCode);
            assertThat(process.standardOutput()).isEmpty();
            assertThat(store).doesNotExist();
            return process.standardError();
        }
    }
}
