package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.TestCa;
import java.security.NoSuchAlgorithmException;
import java.security.Security;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.bouncycastle.jsse.BCSSLParameters;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.crypto.TlsKemConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsCryptoTest {

    private final CryptoChoice withoutMlKem = new CryptoChoice(null, false, false);
    private final JvmJcaHelper helper = new JvmJcaHelper(withoutMlKem);

    @Test
    void leavesBulkAndOtherSignaturesToTheJvm() throws Exception {
        assertThat(helper.createCipher("AES/GCM/NoPadding").getProvider().getName())
                .isEqualTo("SunJCE");
        assertThat(helper.createSignature("RSASSA-PSS").getProvider().getName()).isEqualTo("SunRsaSign");
    }

    /** bctls has names for these that the JVM does not know. */
    @ParameterizedTest
    @CsvSource({
        "TLSv1.3, rsa_pss_rsae_sha256",
        "TLSv1.3, rsa_pss_rsae_sha384",
        "TLSv1.3, rsa_pss_rsae_sha512",
        "TLSv1.2, rsa_pss_rsae_sha256",
        "TLSv1.2, rsa_pkcs1_sha256",
        "TLSv1.2, rsa_pkcs1_sha512"
    })
    void showsCertificatesWithRsaKeys(String protocol, String scheme) {
        CertifiedKey key = TestCa.create().request("rsa.example").rsa(2048).issue();
        ServerTlsContext server = serverWith(key);
        SSLContext client = TlsProvider.newContext(null, new PinnedTrust(Set.of(key.leaf())));
        BCSSLParameters offer = new BCSSLParameters(
                new String[] {"TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
                new String[] {protocol});
        offer.setSignatureSchemes(new String[] {scheme});

        assertThatCode(() -> TlsSelfTest.handshake(server, client, offer)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "TLSv1.3, TLS_AES_128_GCM_SHA256",
        "TLSv1.3, TLS_AES_256_GCM_SHA384",
        "TLSv1.3, TLS_CHACHA20_POLY1305_SHA256",
        "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLSv1.2, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    })
    void servesAClientThatHasOneSuiteOnly(String protocol, String suite) {
        CertifiedKey key = TestCa.create().request("suite.example").issue();
        ServerTlsContext server = serverWith(key);
        SSLContext client = TlsProvider.newContext(null, new PinnedTrust(Set.of(key.leaf())));
        BCSSLParameters offer = new BCSSLParameters(new String[] {suite}, new String[] {protocol});

        assertThatCode(() -> TlsSelfTest.handshake(server, client, offer)).doesNotThrowAnyException();
    }

    @Test
    void hasNoProviderBehindTheJvms() {
        assertThatThrownBy(() -> helper.createCipher("ChaCha7539")).isInstanceOf(NoSuchAlgorithmException.class);
    }

    @Test
    void doesMlKem768WithoutTheJvm() {
        TlsCrypto crypto = new TlsCrypto(helper, withoutMlKem, TlsProvider.newRandom());

        assertThat(crypto.hasNamedGroup(NamedGroup.MLKEM768)).isTrue();
        assertThat(crypto.hasNamedGroup(NamedGroup.MLKEM1024)).isFalse();
        assertThat(crypto.createKemDomain(new TlsKemConfig(NamedGroup.MLKEM768, true))
                        .createKem())
                .isInstanceOf(MlKemAgreement.class);
    }

    @Test
    void registersNothing() {
        TlsProvider.newContext(null, PinnedTrust.NOBODY);

        assertThat(Security.getProvider("BC")).isNull();
        assertThat(Security.getProvider("BCJSSE")).isNull();
    }

    private static ServerTlsContext serverWith(CertifiedKey key) {
        CertificateTable table = new CertificateTable();
        table.deploy(TlsSelfTest.NAME, key);
        return new ServerTlsContext(
                new TlsConfig(true, false, false, Optional.empty()),
                table,
                new ChallengeTable(),
                CertificateDemand.NONE);
    }
}
