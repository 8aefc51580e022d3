package dev.tlsproxy.internal.tls;

import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.SecureRandom;
import org.bouncycastle.jcajce.util.JcaJceHelper;
import org.bouncycastle.jcajce.util.ProviderJcaJceHelper;
import org.bouncycastle.tls.NamedGroup;
import org.bouncycastle.tls.crypto.TlsECConfig;
import org.bouncycastle.tls.crypto.TlsECDomain;
import org.bouncycastle.tls.crypto.TlsKemConfig;
import org.bouncycastle.tls.crypto.TlsKemDomain;
import org.bouncycastle.tls.crypto.impl.jcajce.JcaTlsCrypto;
import org.jspecify.annotations.Nullable;

/**
 * Which implementation does which part of the TLS cryptography: the JVM's providers do all they can, except X25519, where
 * Bouncy Castle's own code is faster than both the JVM's and JCA's way to it; Bouncy Castle does ML-KEM where the JVM has
 * none (before Java 24).
 */
final class TlsCrypto extends JcaTlsCrypto {

    private final @Nullable JcaTlsCrypto kem;

    TlsCrypto(JcaJceHelper helper, Provider own, SecureRandom keyRandom, SecureRandom nonceRandom) {
        super(helper, null, keyRandom, nonceRandom);
        // On Java 21 to 23 javax.crypto.KEM exists without ML-KEM. bctls then asks the registered providers only,
        // unless
        // its helper is bound to a provider.
        this.kem =
                jvmHasMlKem() ? null : new JcaTlsCrypto(new ProviderJcaJceHelper(own), null, keyRandom, nonceRandom) {};
    }

    @Override
    public TlsECDomain createECDomain(TlsECConfig config) {
        return config.getNamedGroup() == NamedGroup.x25519
                ? () -> new X25519Agreement(this)
                : super.createECDomain(config);
    }

    @Override
    public TlsKemDomain createKemDomain(TlsKemConfig config) {
        return kem == null ? super.createKemDomain(config) : kem.createKemDomain(config);
    }

    @Override
    protected @Nullable Boolean isSupportedNamedGroup(int namedGroup) {
        return (kem != null && NamedGroup.refersToASpecificKem(namedGroup))
                ? Boolean.valueOf(kem.hasNamedGroup(namedGroup))
                : super.isSupportedNamedGroup(namedGroup);
    }

    static boolean jvmHasMlKem() {
        try {
            KeyPairGenerator.getInstance("ML-KEM-768");
            Class.forName("javax.crypto.KEM");
            return true;
        } catch (NoSuchAlgorithmException | ClassNotFoundException e) {
            return false;
        }
    }
}
