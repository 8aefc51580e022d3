package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.Mockito.mock;

import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcmeTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"http://ca.example/directory", "ca.example", "https:///d", "https://u@ca.example/d"})
    void refusesDirectoryThatIsNoHttpsUri(String uri) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Acme.directory(URI.create(uri)))
                .withMessage("directory: \"" + uri + "\" (expected: https://HOST[:PORT]/PATH)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "admin", "a b@example.com", "a@b@c", "a@b,c@d", "mailto:<a@b>"})
    void refusesEmailThatIsNoAddress(String email) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Acme.letsEncrypt().email(email))
                .withMessage("email: \"" + email + "\" (expected: NAME@DOMAIN)");
    }

    @Test
    void refusesExternalAccountKeyThatIsNotBase64UrlWithoutShowingIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Acme.letsEncrypt().externalAccount("kid-1", "s3cr3t+/key"))
                .withMessage("macKey of \"kid-1\" (expected: base64url, as the CA gave it)");
    }

    @Test
    void showsNoSecret() {
        assertThat(Acme.letsEncrypt()
                        .externalAccount("kid-1", "c2VjcmV0")
                        .or(Acme.directory(URI.create("https://ca.example/directory"))))
                .hasToString("Acme[https://acme-v02.api.letsencrypt.org/directory or https://ca.example/directory]");
    }

    @Test
    void stagingIsACaOfItsOwn() {
        assertThat(Acme.letsEncryptStaging())
                .hasToString("Acme[https://acme-staging-v02.api.letsencrypt.org/directory]");
        assertThatIllegalStateException()
                .isThrownBy(() -> Acme.letsEncryptStaging().or(Acme.letsEncryptStaging()))
                .withMessage("CA https://acme-staging-v02.api.letsencrypt.org/directory is here already");
    }

    @Test
    void servesOnDemandOnceAFunctionAllowsNames() {
        Acme without = Acme.letsEncrypt();
        Acme with = without.onDemand(name -> true, 10);
        assertThat(without.servesOnDemand()).isFalse();
        assertThat(with.servesOnDemand()).isTrue();
        assertThat(with.email("admin@example.com").clock(Clock.systemUTC()).or(Acme.letsEncryptStaging()))
                .matches(Acme::servesOnDemand, "kept by what is called later");
        assertThat(with.demand("a.example.com")).as("before the start").isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> without.onDemand(name -> true, 0))
                .withMessage("perHour: 0 (expected: 1..1000)");
        assertThatIllegalStateException()
                .isThrownBy(() -> Acme.letsEncryptStaging().or(with))
                .withMessage("onDemand(...) of Acme[https://acme-v02.api.letsencrypt.org/directory]"
                        + " (expected: called on the first CA's value)");
    }

    @Test
    void refusesNamesBeforeItIsStarted() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Acme.letsEncrypt().names(Set.of("a.example.com")))
                .withMessage("Acme[https://acme-v02.api.letsencrypt.org/directory] was not started"
                        + " (expected: names(...) of a proxy that runs)");
    }

    @Test
    void refusesAWildcardAmongNewNamesAndChangesNothing() {
        List<String> told = new CopyOnWriteArrayList<>();
        try (Acme acme = Acme.directory(URI.create("https://localhost:1/dir"))) {
            acme.start(new Names(Set.of(), told));
            assertThatIllegalStateException()
                    .isThrownBy(() -> acme.names(Set.of("a.example.com", "*.example.com")))
                    .withMessage("wildcard \"*.example.com\" needs dns-01 at https://localhost:1/dir;"
                            + " call dns(...), or name the hosts one by one");
            assertThat(told).isEmpty();
            acme.names(Set.of("a.example.com"));
            assertThat(told).first().isEqualTo("a.example.com WAITING");
        }
    }

    private record Names(Set<String> names, List<String> told) implements CertificateManager.Context, CertificateSink {

        @Override
        public CertificateStore store() {
            return CertificateStore.inMemory();
        }

        @Override
        public CertificateSink sink() {
            return this;
        }

        @Override
        public ChallengePort challenges() {
            return mock(ChallengePort.class);
        }

        @Override
        public void deploy(String name, CertifiedKey key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void status(CertificateStatus status) {
            told.add(status.name() + " " + status.state());
        }
    }

    @Test
    void refusesDns01WithoutSolver() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Acme.letsEncrypt().challenges(ChallengeType.DNS_01))
                .withMessage("challenges(dns-01) without a solver; call dns(...) before");
    }

    @Test
    void refusesNoChallengeAtAll() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Acme.letsEncrypt().challenges())
                .withMessage("challenges: none (expected: at least one type)");
    }

    @Test
    void refusesTheSameCaTwice() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Acme.letsEncrypt().or(Acme.letsEncrypt()))
                .withMessage("CA https://acme-v02.api.letsencrypt.org/directory is here already");
    }

    @Test
    void refusesTrustFileWithoutCertificate() throws IOException {
        Path missing = directory.resolve("missing.pem");
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Acme.letsEncrypt().trust(missing))
                .withMessage("trust file " + missing + " is not there (expected: a readable file of PEM certificates)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Acme.letsEncrypt().trust(empty))
                .withMessage(
                        "trust file " + empty + " has no certificate (expected: a readable file of PEM certificates)");
    }
}
