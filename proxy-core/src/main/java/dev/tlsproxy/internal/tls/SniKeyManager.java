package dev.tlsproxy.internal.tls;

import dev.tlsproxy.spi.CertifiedKey;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import org.bouncycastle.jsse.BCX509ExtendedKeyManager;
import org.bouncycastle.jsse.BCX509Key;
import org.jspecify.annotations.Nullable;

/**
 * Gives a server engine its key and chain in one step, so that a certificate deployed meanwhile can't part them. The
 * engine's peer host is the name whose certificate {@link ServerTlsContext} has chosen for the connection.
 */
final class SniKeyManager extends BCX509ExtendedKeyManager {

    private static final int P256_BITS = 256;
    private static final int P384_BITS = 384;

    private final Function<String, Optional<CertifiedKey>> certificates;

    SniKeyManager(Function<String, Optional<CertifiedKey>> certificates) {
        this.certificates = certificates;
    }

    @Override
    public @Nullable BCX509Key chooseEngineServerKeyBC(
            String[] keyTypes, Principal @Nullable [] issuers, SSLEngine engine) {
        String name = engine.getPeerHost();
        CertifiedKey key = name == null ? null : certificates.apply(name).orElse(null);
        if (key == null) {
            return null;
        }
        Set<String> usable = keyTypesOf(key.leaf().getPublicKey());
        for (String keyType : keyTypes) {
            if (usable.contains(keyType)) {
                return new Chosen(keyType, key);
            }
        }
        return null;
    }

    /**
     * The key types under which bctls 1.84 asks for a key: in TLS 1.3 {@code EC/CURVE} and {@code RSA} (for
     * rsa_pss_rsae), in TLS 1.2 {@code ECDHE_ECDSA}, {@code ECDHE_RSA} and {@code RSA} (rsa_pss_rsae again).
     */
    private static Set<String> keyTypesOf(PublicKey key) {
        if (key instanceof ECPublicKey ec) {
            int bits = ec.getParams().getCurve().getField().getFieldSize();
            return switch (bits) {
                case P256_BITS -> Set.of("EC/secp256r1", "ECDHE_ECDSA");
                case P384_BITS -> Set.of("EC/secp384r1", "ECDHE_ECDSA");
                default -> Set.of("ECDHE_ECDSA");
            };
        }
        return "RSA".equals(key.getAlgorithm()) ? Set.of("RSA", "ECDHE_RSA") : Set.of();
    }

    private record Chosen(String keyType, CertifiedKey key) implements BCX509Key {

        @Override
        public X509Certificate[] getCertificateChain() {
            return key.chain().toArray(new X509Certificate[0]);
        }

        @Override
        public String getKeyType() {
            return keyType;
        }

        @Override
        public PrivateKey getPrivateKey() {
            return key.privateKey();
        }
    }

    @Override
    protected @Nullable BCX509Key getKeyBC(String keyType, String alias) {
        return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal[] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
        return null;
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal[] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
        return null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        return null;
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        return null;
    }
}
