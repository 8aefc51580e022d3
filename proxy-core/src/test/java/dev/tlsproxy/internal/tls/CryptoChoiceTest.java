package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.Provider;
import java.security.Security;
import org.junit.jupiter.api.Test;

class CryptoChoiceTest {

    /** Stands for a native provider. */
    public static final class Working extends Provider {

        private static final long serialVersionUID = 1L;

        /** As such a provider offers itself. */
        public static final Provider INSTANCE = new Working();

        private Working() {
            super("Working", "1.2", "for a test");
            put("Signature.NONEwithECDSA", "none");
        }
    }

    /** Stands for a native provider whose library is for another processor. */
    public static final class WithoutLibrary extends Provider {

        private static final long serialVersionUID = 1L;

        /** As such a provider offers itself. */
        public static final Provider INSTANCE = new WithoutLibrary();

        private WithoutLibrary() {
            super("WithoutLibrary", "1.2", "for a test");
        }
    }

    /** Stands for one whose class can't be loaded. */
    public static final class Broken {

        /** Fails. */
        public static final Object INSTANCE = fail();

        private Broken() {}

        private static Object fail() {
            throw new UnsatisfiedLinkError("no library");
        }
    }

    @Test
    void usesANativeProviderThatWorks() {
        assertThat(CryptoChoice.findNative(Working.class.getName())).isSameAs(Working.INSTANCE);
    }

    @Test
    void doesWithoutANativeProviderThatIsAbsentOrDoesNotWork() {
        assertThat(CryptoChoice.findNative("com.example.Absent")).isNull();
        assertThat(CryptoChoice.findNative(WithoutLibrary.class.getName())).isNull();
        assertThat(CryptoChoice.findNative(Broken.class.getName())).isNull();
    }

    @Test
    void saysWhatWasChosen() {
        assertThat(new CryptoChoice(null, true, true))
                .hasToString("X25519: Bouncy Castle; ML-KEM-768: JVM; ECDSA: JVM;"
                        + " AES-GCM, ChaCha20-Poly1305, hashes, HMAC, RSA: JVM");
        assertThat(new CryptoChoice(null, false, false))
                .hasToString(
                        "X25519: Bouncy Castle; ML-KEM-768: Bouncy Castle; ECDSA: Bouncy Castle for P-256, JVM else;"
                                + " AES-GCM, ChaCha20-Poly1305, hashes, HMAC, RSA: JVM");
        assertThat(new CryptoChoice(Working.INSTANCE, false, true))
                .hasToString("X25519: Bouncy Castle; ML-KEM-768: Bouncy Castle; ECDSA: Working 1.2;"
                        + " AES-GCM, ChaCha20-Poly1305, hashes, HMAC, RSA: JVM");
    }

    @Test
    void leavesEcdsaToAJvmThatIsFastAtIt() {
        assertThat(new CryptoChoice(null, true, true).ownEcdsa()).isFalse();
        assertThat(new CryptoChoice(null, false, false).ownEcdsa()).isTrue();
        assertThat(new CryptoChoice(Working.INSTANCE, true, true).ownEcdsa()).isTrue();
    }

    /** The run without it is the ordinary one; the build runs some tests again with it (native.provider=true). */
    @Test
    void findsTheNativeProviderJustWhereTheBuildPutIt() {
        assertThat(CryptoChoice.ofThisJvm().nativeProvider() != null).isEqualTo(Boolean.getBoolean("native.provider"));
        assertThat(Security.getProvider("AmazonCorrettoCryptoProvider")).isNull();
    }
}
