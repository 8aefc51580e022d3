package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.Security;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;

class TlsCryptoTest {

    private final FallbackJcaHelper helper =
            new FallbackJcaHelper(new BouncyCastleProvider(), new CryptoChoice(null, false, false));

    @Test
    void leavesBulkAndOtherSignaturesToTheJvm() throws Exception {
        assertThat(helper.createCipher("AES/GCM/NoPadding").getProvider().getName())
                .isEqualTo("SunJCE");
        assertThat(helper.createSignature("RSASSA-PSS").getProvider().getName()).isEqualTo("SunRsaSign");
    }

    @Test
    void takesFromBouncyCastleWhatTheJvmHasNot() throws Exception {
        for (int i = 0; i < 2; i++) {
            assertThat(helper.createCipher("ChaCha7539").getProvider().getName())
                    .isEqualTo("BC");
        }
        assertThat(helper.createKeyPairGenerator("ML-KEM").getProvider().getName())
                .isEqualTo(CryptoChoice.ofThisJvm().jvmMlKem() ? "SunJCE" : "BC");
    }

    @Test
    void registersNothing() {
        TlsProvider.newContext(null, null);

        assertThat(Security.getProvider("BC")).isNull();
        assertThat(Security.getProvider("BCJSSE")).isNull();
    }
}
