package dev.tlsproxy.internal.tls;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Signature;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * EC private keys in the native provider's own form. A key in another form it reads and checks anew for each signature,
 * which takes as long as the signature. The number of a private key never changes, so its form is made and checked once,
 * and kept for as long as somebody holds the key. Safe for use by several threads.
 */
final class NativeKeys {

    private final Provider provider;
    private final Map<PrivateKey, PrivateKey> forms = new WeakHashMap<>();

    NativeKeys(Provider provider) {
        this.provider = provider;
    }

    /** Signs a hash made elsewhere with that key. */
    Signature signer(PrivateKey key) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(EcdsaSignature.NAME, provider);
        signature.initSign(formOf(key));
        return signature;
    }

    /** Where the provider makes no form of it, the key itself: at signing the provider says what is wrong with it. */
    @SuppressWarnings("ReferenceEquality") // two forms of a key may be equal
    PrivateKey formOf(PrivateKey key) {
        synchronized (forms) {
            PrivateKey known = forms.get(key);
            if (known != null) {
                return known;
            }
        }
        PrivateKey made = translated(key);
        // One that is its own form would hold itself in the map for ever.
        if (made != key) {
            synchronized (forms) {
                forms.put(key, made);
            }
        }
        return made;
    }

    private PrivateKey translated(PrivateKey key) {
        try {
            return (PrivateKey) KeyFactory.getInstance("EC", provider).translateKey(key);
        } catch (GeneralSecurityException e) {
            return key;
        }
    }
}
