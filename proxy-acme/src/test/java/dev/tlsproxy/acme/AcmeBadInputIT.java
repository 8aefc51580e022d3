package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.ProxyNotReadyException;
import dev.tlsproxy.ProxyStartException;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong is said in words a person can act on, before the first order. */
@Timeout(60)
class AcmeBadInputIT {

    private static final String NAME = "one.example.com";

    @TempDir
    Path directory;

    private final AcmeSite site = new AcmeSite();
    private Pebble pebble;

    @BeforeEach
    void start() {
        pebble = Pebble.start(PebbleOptions.defaults());
    }

    @AfterEach
    void close() {
        pebble.close();
        site.close();
    }

    @Test
    void directoryThatCannotBeReached() throws Exception {
        Acme acme = acme();
        pebble.stop();
        assertProblem(
                acme,
                NAME,
                State.BACKING_OFF,
                NAME + ": " + pebble.directory()
                        + " can't be reached: no connection (expected: a way to that CA; look at DNS, "
                        + "firewall and the CA's status page)");
    }

    @Test
    void directoryWhoseCertificateIsNotTrusted() throws Exception {
        assertProblem(
                Acme.directory(pebble.directory()),
                NAME,
                State.BACKING_OFF,
                NAME + ": " + pebble.directory() + " can't be reached: PKIX path building failed: "
                        + "sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid "
                        + "certification path to requested target (expected: a CA whose own TLS certificate "
                        + "this JVM trusts; name a private CA's root)");
    }

    @Test
    void pageThatIsNotThere() throws Exception {
        URI other = pebble.directory().resolve("/root-of-nothing");
        assertProblem(
                Acme.directory(other).trust(AcmeSite.trustFile(pebble, directory)),
                NAME,
                State.BACKING_OFF,
                NAME + ": " + other + " answered HTTP 404 without a reason (expected: an ACME answer; look at the CA's "
                        + "status page, or whether that is its directory)");
    }

    @Test
    void pageThatIsNoDirectory() throws Exception {
        URI other = URI.create("https://localhost:" + pebble.managementPort() + "/roots/0");
        assertProblem(
                Acme.directory(other).trust(AcmeSite.trustFile(pebble, directory)),
                NAME,
                State.BACKING_OFF,
                NAME + ": " + other
                        + " gave no ACME answer: Unexpected content type: application/pem-certificate-chain "
                        + "(expected: the directory of an ACME CA)");
    }

    @Test
    void profileThatTheCaDoesNotHave() throws Exception {
        pebble.needProfiles();
        assertProblem(
                acme().profile("no-such-profile"),
                NAME,
                State.FAILED_FOR_GOOD,
                NAME + ": " + pebble.directory()
                        + ": Server does not support profile: no-such-profile (expected: a profile that the "
                        + "CA's directory lists, or none)");
    }

    @Test
    void nameThatTheCaDoesNotSign() throws Exception {
        assertProblem(
                acme(),
                "www.blocked.example",
                State.FAILED_FOR_GOOD,
                "www.blocked.example: rejectedIdentifier: Order included an identifier for which "
                        + "issuance is forbidden by policy: \"www.blocked.example\"; www.blocked.example: "
                        + "rejectedIdentifier: www.blocked.example is a forbidden domain (expected: a name "
                        + "that this CA signs; ask it why not this one)");
    }

    @Test
    void emailThatTheCaRefuses() throws Exception {
        assertProblem(
                acme().email("a..b@example.com"),
                NAME,
                State.FAILED_FOR_GOOD,
                NAME + ": invalidContact: contact email \"a..b@example.com\" is invalid (expected: an "
                        + "e-mail address that this CA accepts, or none)");
    }

    @Test
    void externalAccountThatTheCaDoesNotKnow() throws Exception {
        pebble.close();
        pebble = Pebble.start(PebbleOptions.defaults()
                .externalAccount("kid-1", "c2l4dHktZm91ci1ieXRlcy1vZi1hLWtleS10aGF0LW9ubHktdGhpcy10ZXN0LWtub3dz"));
        assertProblem(
                acme().externalAccount("kid-2", "c2l4dHktZm91ci1ieXRlcy1vZi1hLWtleS10aGF0LW9ubHktdGhpcy10ZXN0LWtub3dz"),
                NAME,
                State.FAILED_FOR_GOOD,
                NAME + ": account at localhost-" + pebble.directory().getPort()
                        + "-dir: unauthorized: the field 'kid' references a key that is not known to the ACME "
                        + "server (expected: the key id and the MAC key as the CA gave them)");
    }

    @Test
    void storeThatCannotBeUsed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "not a directory");
        try (TlsProxy proxy =
                site.proxy(pebble, acme(), file.resolve("store"), List.of(NAME)).build()) {
            assertThatExceptionOfType(ProxyStartException.class)
                    .isThrownBy(proxy::start)
                    .withMessage("certificate store: store directory " + file.resolve("store") + " can't be made: "
                            + file + " is a file (expected: a directory, or a path where one can be made)");
        }
        assertThat(pebble.log()).doesNotContain("GET /dir");
    }

    @Test
    void wildcardWithoutDns01() throws Exception {
        try (TlsProxy proxy = site.proxy(pebble, acme(), directory.resolve("store"), List.of("*.example.com"))
                .build()) {
            assertThatExceptionOfType(ProxyStartException.class)
                    .isThrownBy(proxy::start)
                    .withMessage("certificates for [*.example.com]: wildcard \"*.example.com\" needs dns-01 at "
                            + pebble.directory() + "; call dns(...), or name the hosts one by one");
        }
        assertThat(pebble.orders()).isZero();
    }

    /** Newer JDKs name the alert they send before their reason. */
    private static String withoutAlert(String text) {
        return text.replace("(certificate_unknown) ", "");
    }

    private void assertProblem(Acme acme, String name, State state, String problem) throws Exception {
        try (TlsProxy proxy = site.proxy(pebble, acme, directory.resolve("store"), List.of(name))
                .build()) {
            proxy.start();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> proxy.certificates().get(name).problem().isPresent());
            CertificateStatus status = proxy.certificates().get(name);
            assertThat(status.problem().map(AcmeBadInputIT::withoutAlert)).contains(problem);
            assertThat(status.state()).isEqualTo(state);
            assertThatExceptionOfType(ProxyNotReadyException.class)
                    .isThrownBy(() -> proxy.awaitReady(Duration.ZERO))
                    .extracting(e -> withoutAlert(String.valueOf(e.getMessage())))
                    .isEqualTo("after PT0S, \"" + name + "\" has no certificate (" + problem + ")");
        }
        assertThat(pebble.orders()).isZero();
        assertThat(directory.resolve("store").resolve(name + ".pem")).doesNotExist();
    }

    private Acme acme() {
        return AcmeSite.acme(pebble, directory);
    }
}
