package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the native provider alone: the build runs it once more with that on the class path. */
class NativeKeysTest {

    private NativeKeys keys;

    @BeforeEach
    void needsTheNativeProvider() {
        Provider present = CryptoChoice.ofThisJvm().nativeProvider();
        Assumptions.assumeTrue(present != null, "no native provider on this class path");
        keys = new NativeKeys(present);
    }

    @Test
    void makesTheFormOfAKeyOnce() throws Exception {
        PrivateKey key = pair().getPrivate();

        PrivateKey form = keys.formOf(key);

        assertThat(form).isNotSameAs(key);
        assertThat(form.getEncoded()).isEqualTo(key.getEncoded());
        assertThat(keys.formOf(key)).isSameAs(form);
    }

    @Test
    void signsWithEachKeyInItsOwnForm() throws Exception {
        byte[] hash = new byte[32];
        for (int i = 0; i < 20; i++) {
            KeyPair pair = pair();
            for (int again = 0; again < 2; again++) {
                Signature signer = keys.signer(pair.getPrivate());
                signer.update(hash);
                Signature jvm = Signature.getInstance(EcdsaSignature.NAME);
                jvm.initVerify(pair.getPublic());
                jvm.update(hash);
                assertThat(jvm.verify(signer.sign())).isTrue();
            }
        }
    }

    @Test
    void takesAKeyInTheProvidersFormAsItIs() throws Exception {
        PrivateKey form = keys.formOf(pair().getPrivate());

        assertThat(keys.formOf(form)).isSameAs(form);
        assertThat(keys.signer(form)).isNotNull();
    }

    @Test
    void leavesItToTheProviderToRefuseAKey() {
        PrivateKey wrong = new NotAKey();

        assertThat(keys.formOf(wrong)).isSameAs(wrong);
        assertThatThrownBy(() -> keys.signer(wrong)).isInstanceOf(InvalidKeyException.class);
    }

    private static KeyPair pair() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** Says that it is an EC key, and holds none. */
    private static final class NotAKey implements PrivateKey {

        private static final long serialVersionUID = 1L;

        @Override
        public String getAlgorithm() {
            return "EC";
        }

        @Override
        public String getFormat() {
            return "PKCS#8";
        }

        @Override
        public byte[] getEncoded() {
            return new byte[] {0x30, 0x00};
        }
    }
}
