package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EcdsaSignatureTest {

    private static final String NAME = "NONEwithECDSA";

    private final SecureRandom random = new SecureRandom();
    private final AtomicInteger askedJvm = new AtomicInteger();

    private EcdsaSignature own(NativeKeys nativeKeys) {
        return new EcdsaSignature(
                () -> {
                    askedJvm.incrementAndGet();
                    return Signature.getInstance(NAME);
                },
                nativeKeys);
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 32, 48, 64})
    void signsForP256WhatTheJvmVerifies(int hashLength) throws Exception {
        KeyPair pair = pair("secp256r1");
        EcdsaSignature signature = own(null);
        for (int i = 0; i < 50; i++) {
            byte[] hash = bytes(hashLength);
            signature.initSign(pair.getPrivate(), random);
            signature.update(hash);

            assertThat(verifiedByJvm(pair, hash, signature.sign())).isTrue();
        }
        assertThat(askedJvm).hasValue(0);
    }

    @Test
    void signsOneHashEachTimeWithAnotherNumber() throws Exception {
        KeyPair pair = pair("secp256r1");
        byte[] hash = bytes(32);
        Set<String> firstParts = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            EcdsaSignature signature = own(null);
            signature.initSign(pair.getPrivate(), random);
            signature.update(hash);
            byte[] der = signature.sign();
            firstParts.add(HexFormat.of().formatHex(Arrays.copyOfRange(der, 4, 4 + der[3])));
        }

        assertThat(firstParts).hasSize(100);
    }

    @Test
    void signsAgainAfterOneSignatureWithNothingLeftOfIt() throws Exception {
        KeyPair pair = pair("secp256r1");
        EcdsaSignature signature = own(null);
        signature.initSign(pair.getPrivate(), random);
        signature.update(bytes(32));
        signature.sign();
        byte[] second = bytes(32);
        for (byte b : second) {
            signature.update(b);
        }

        assertThat(verifiedByJvm(pair, second, signature.sign())).isTrue();
    }

    @Test
    void verifiesThroughTheJvm() throws Exception {
        KeyPair pair = pair("secp256r1");
        byte[] hash = bytes(32);
        Signature jvm = Signature.getInstance(NAME);
        jvm.initSign(pair.getPrivate());
        jvm.update(hash);
        byte[] good = jvm.sign();
        EcdsaSignature signature = own(null);
        signature.initVerify(pair.getPublic());
        signature.update(hash);
        assertThat(signature.verify(good)).isTrue();
        signature.update(bytes(32));
        assertThat(signature.verify(good)).isFalse();
    }

    @Test
    void leavesAnotherCurveToTheJvm() throws Exception {
        KeyPair pair = pair("secp384r1");
        byte[] hash = bytes(48);
        EcdsaSignature signature = own(null);
        signature.initSign(pair.getPrivate(), random);
        signature.update(hash);

        assertThat(verifiedByJvm(pair, hash, signature.sign())).isTrue();
        assertThat(askedJvm).hasValue(1);
    }

    @Test
    void leavesTheKeyOfADeviceToTheJvm() throws Exception {
        EcdsaSignature signature = own(null);

        assertThatThrownBy(() -> signature.initSign(new DeviceKey(), random))
                .isInstanceOf(GeneralSecurityException.class);
        assertThat(askedJvm).hasValue(1);
    }

    @Test
    void refusesMoreThanAHash() throws Exception {
        EcdsaSignature signature = own(null);
        signature.initSign(pair("secp256r1").getPrivate(), random);

        assertThatThrownBy(() -> signature.update(bytes(65)))
                .isInstanceOf(SignatureException.class)
                .hasMessage("hash: longer than 64 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1"})
    void signsByTheNativeProviderWhereItIsPresent(String curve) throws Exception {
        Provider present = CryptoChoice.ofThisJvm().nativeProvider();
        Assumptions.assumeTrue(present != null, "no native provider on this class path");
        KeyPair pair = pair(curve);
        byte[] hash = bytes(32);
        EcdsaSignature signature = own(new NativeKeys(present));
        signature.initSign(pair.getPrivate(), random);
        signature.update(hash);

        assertThat(verifiedByJvm(pair, hash, signature.sign())).isTrue();
        assertThat(askedJvm).hasValue(0);
    }

    private static boolean verifiedByJvm(KeyPair pair, byte[] hash, byte[] signature) throws GeneralSecurityException {
        Signature jvm = Signature.getInstance(NAME);
        jvm.initVerify(pair.getPublic());
        jvm.update(hash);
        return jvm.verify(signature);
    }

    private byte[] bytes(int count) throws GeneralSecurityException {
        byte[] seed = new byte[16];
        random.nextBytes(seed);
        return Arrays.copyOf(MessageDigest.getInstance("SHA-512").digest(seed), count);
    }

    private static KeyPair pair(String curve) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    /** As PKCS#11 gives them: it shows its algorithm and nothing else. */
    private static final class DeviceKey implements PrivateKey {

        private static final long serialVersionUID = 1L;

        @Override
        public String getAlgorithm() {
            return "EC";
        }

        @Override
        public String getFormat() {
            return null;
        }

        @Override
        public byte[] getEncoded() {
            return null;
        }
    }
}
