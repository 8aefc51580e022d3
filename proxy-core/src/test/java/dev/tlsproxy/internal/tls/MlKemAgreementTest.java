package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.crypto.TlsAgreement;
import org.junit.jupiter.api.Test;

class MlKemAgreementTest {

    private static final int KEY = 1184;
    private static final int CIPHERTEXT = 1088;

    private final CryptoChoice choice = new CryptoChoice(null, false, false);
    private final TlsCrypto crypto = new TlsCrypto(new JvmJcaHelper(choice), choice, TlsProvider.newRandom());
    private final MlKemAgreement client = new MlKemAgreement(crypto, false);
    private final MlKemAgreement server = new MlKemAgreement(crypto, true);

    @Test
    void bothSidesComeToOneSecret() throws IOException {
        byte[] key = client.generateEphemeral();
        server.receivePeerValue(key);
        byte[] ciphertext = server.generateEphemeral();
        client.receivePeerValue(ciphertext);

        assertThat(key).hasSize(KEY);
        assertThat(ciphertext).hasSize(CIPHERTEXT);
        assertThat(client.calculateSecret().extract())
                .hasSize(32)
                .isEqualTo(server.calculateSecret().extract())
                .isNotEqualTo(new byte[32]);
    }

    @Test
    void aChangedCiphertextGivesAnotherSecretAndNoError() throws IOException {
        server.receivePeerValue(client.generateEphemeral());
        byte[] ciphertext = server.generateEphemeral();
        ciphertext[7] ^= 1;
        client.receivePeerValue(ciphertext);

        assertThat(client.calculateSecret().extract())
                .isNotEqualTo(server.calculateSecret().extract());
    }

    @Test
    void refusesKeysAndCiphertextsOfWrongLength() throws IOException {
        client.generateEphemeral();

        for (int length : new int[] {0, KEY - 1, KEY + 1}) {
            assertRefused(server, new byte[length]);
        }
        for (int length : new int[] {0, CIPHERTEXT - 1, CIPHERTEXT + 1}) {
            assertRefused(client, new byte[length]);
        }
    }

    /** FIPS 203 section 7.2, the modulus check. */
    @Test
    void refusesAKeyWithANumberOutOfRange() throws IOException {
        byte[] key = client.generateEphemeral();
        Arrays.fill(key, 0, 3, (byte) 0xFF);

        assertRefused(server, key);
    }

    private static void assertRefused(TlsAgreement agreement, byte[] peerValue) {
        assertThatThrownBy(() -> agreement.receivePeerValue(peerValue))
                .isInstanceOfSatisfying(
                        TlsFatalAlert.class,
                        alert -> assertThat(alert.getAlertDescription()).isEqualTo(AlertDescription.illegal_parameter));
    }
}
