package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.spi.KeyType;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;

/** New key pairs, from the JVM's own providers: acme4j's helper asks for Bouncy Castle by name. */
final class Keys {

    private Keys() {}

    static KeyPair account() {
        return create(KeyType.EC_P256);
    }

    static KeyPair create(KeyType type) {
        return switch (type) {
            case EC_P256 -> ec("secp256r1");
            case EC_P384 -> ec("secp384r1");
            case RSA_2048 -> rsa(2048);
            case RSA_4096 -> rsa(4096);
        };
    }

    private static KeyPair ec(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no EC key on " + curve + " from this JVM", e);
        }
    }

    private static KeyPair rsa(int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no RSA key from this JVM", e);
        }
    }
}
