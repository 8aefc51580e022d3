package dev.tlsproxy.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Security;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.ECPublicKeySpec;
import java.time.Duration;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyMatchTest {

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void keysOfOnePairMatchAndOthersDoNot(String curve) throws GeneralSecurityException {
        KeyPair one = pair(curve);
        KeyPair other = pair(curve);

        assertThat(KeyMatch.matches(one.getPrivate(), one.getPublic())).isTrue();
        assertThat(KeyMatch.matches(other.getPrivate(), one.getPublic())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void theGeneratorBelongsToOneAndNotToTheLargestNumber(String curve) throws GeneralSecurityException {
        ECParameterSpec parameters = parameters(curve);
        PrivateKey one = privateKey(BigInteger.ONE, parameters);
        PrivateKey last = privateKey(parameters.getOrder().subtract(BigInteger.ONE), parameters);
        KeyFactory factory = KeyFactory.getInstance("EC");
        ECPublicKey generator =
                (ECPublicKey) factory.generatePublic(new ECPublicKeySpec(parameters.getGenerator(), parameters));

        assertThat(KeyMatch.matches(one, generator)).isTrue();
        // Its point is the opposite one: the same x.
        assertThat(KeyMatch.matches(last, generator)).isFalse();
    }

    @Test
    void theNumberOfTheOppositePointDoesNotMatch() throws GeneralSecurityException {
        KeyPair pair = pair("secp256r1");
        ECPrivateKey key = (ECPrivateKey) pair.getPrivate();
        PrivateKey opposite = privateKey(key.getParams().getOrder().subtract(key.getS()), key.getParams());

        assertThat(KeyMatch.matches(opposite, pair.getPublic())).isFalse();
    }

    @Test
    void theSameNumberOnAnotherCurveDoesNotMatch() throws GeneralSecurityException {
        KeyPair pair = pair("secp256r1");
        PrivateKey onAnother = privateKey(((ECPrivateKey) pair.getPrivate()).getS(), parameters("secp384r1"));

        assertThat(KeyMatch.matches(onAnother, pair.getPublic())).isFalse();
    }

    @Test
    void theNumberZeroMatchesNothing() throws GeneralSecurityException {
        PrivateKey zero = privateKey(BigInteger.ZERO, parameters("secp256r1"));

        assertThat(KeyMatch.matches(zero, pair("secp256r1").getPublic())).isFalse();
    }

    @Test
    void noOtherProviderIsGivenTheNumberForRandomBytes() throws GeneralSecurityException {
        PrivateKey zero = privateKey(BigInteger.ZERO, parameters("secp256r1"));
        KeyPair pair = pair("secp256r1");
        BouncyCastleProvider other = new BouncyCastleProvider();
        Security.insertProviderAt(other, 1);
        try {
            assertThat(assertTimeoutPreemptively(
                            Duration.ofSeconds(20), () -> KeyMatch.matches(zero, pair.getPublic())))
                    .isFalse();
            assertThat(KeyMatch.matches(pair.getPrivate(), pair.getPublic())).isTrue();
        } finally {
            Security.removeProvider(other.getName());
        }
    }

    @Test
    void rsaKeysOfOnePairMatchAndOthersDoNot() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair one = generator.generateKeyPair();
        KeyPair other = generator.generateKeyPair();

        assertThat(KeyMatch.matches(one.getPrivate(), one.getPublic())).isTrue();
        assertThat(KeyMatch.matches(other.getPrivate(), one.getPublic())).isFalse();
        assertThat(KeyMatch.matches(pair("secp256r1").getPrivate(), one.getPublic()))
                .isFalse();
    }

    private static KeyPair pair(String curve) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static ECParameterSpec parameters(String curve) throws GeneralSecurityException {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec(curve));
        return parameters.getParameterSpec(ECParameterSpec.class);
    }

    private static PrivateKey privateKey(BigInteger number, ECParameterSpec parameters)
            throws GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePrivate(new ECPrivateKeySpec(number, parameters));
    }
}
