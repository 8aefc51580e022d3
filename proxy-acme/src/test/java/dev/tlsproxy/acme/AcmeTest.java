package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tlsproxy.acme.spi.ChallengeType;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
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
