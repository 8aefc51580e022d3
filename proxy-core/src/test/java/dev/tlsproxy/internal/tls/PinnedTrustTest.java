package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.testing.TestCa;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PinnedTrustTest {

    private final TestCa ca = TestCa.create();
    private final X509Certificate[] chain = ca.issue("a.example").chain().toArray(new X509Certificate[0]);
    private final X509Certificate[] sibling = ca.issue("b.example").chain().toArray(new X509Certificate[0]);

    @Test
    void trustsTheVeryCertificateAndNoOtherOfItsIssuer() {
        PinnedTrust trust = new PinnedTrust(Set.of(chain[0]));

        assertThatCode(() -> trust.checkServerTrusted(chain, "EC")).doesNotThrowAnyException();
        assertThatThrownBy(() -> trust.checkServerTrusted(sibling, "EC")).isInstanceOf(CertificateException.class);
    }

    @Test
    void nobodyIsNobody() {
        assertThatThrownBy(() -> PinnedTrust.NOBODY.checkClientTrusted(chain, "EC"))
                .isInstanceOf(CertificateException.class);
        assertThatThrownBy(() -> PinnedTrust.NOBODY.checkServerTrusted(new X509Certificate[0], "EC"))
                .isInstanceOf(CertificateException.class);
        assertThat(PinnedTrust.NOBODY.getAcceptedIssuers()).isEmpty();
    }
}
