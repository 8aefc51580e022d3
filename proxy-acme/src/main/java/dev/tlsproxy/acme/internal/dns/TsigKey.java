package dev.tlsproxy.acme.internal.dns;

import java.util.Base64;
import org.xbill.DNS.Name;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.TextParseException;

/** A key that a name server and we share, and what is signed with it (RFC 8945). */
public final class TsigKey {

    private final String name;
    private final TSIG signer;

    private TsigKey(String name, TSIG signer) {
        this.name = name;
        this.signer = signer;
    }

    /**
     * Reads a key.
     *
     * @param name the key's name, as the server knows it
     * @param algorithm {@code hmac-sha256} or {@code hmac-sha512}
     * @param base64 the secret
     * @return the key
     * @throws IllegalArgumentException when a part is not that; the message does not hold the secret
     */
    public static TsigKey of(String name, String algorithm, String base64) {
        Name signedWith = switch (algorithm) {
            case "hmac-sha256" -> TSIG.HMAC_SHA256;
            case "hmac-sha512" -> TSIG.HMAC_SHA512;
            default ->
                throw new IllegalArgumentException(
                        "TSIG algorithm: \"" + algorithm + "\" (expected: hmac-sha256 or hmac-sha512)");
        };
        return new TsigKey(name, new TSIG(signedWith, keyName(name), secret(name, base64)));
    }

    private static Name keyName(String name) {
        try {
            return Name.fromString(name, Name.root);
        } catch (TextParseException e) {
            throw new IllegalArgumentException("TSIG key name: \"" + name + "\" (expected: a domain name)", e);
        }
    }

    private static byte[] secret(String name, String base64) {
        byte[] secret;
        try {
            secret = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            // without the cause, which quotes characters of the secret
            throw new IllegalArgumentException("TSIG key \"" + name
                    + "\": secret is no base64 (expected: what tsig-keygen" + " prints after \"secret\")");
        }
        if (secret.length == 0) {
            throw new IllegalArgumentException(
                    "TSIG key \"" + name + "\": secret is empty (expected: what tsig-keygen prints after \"secret\")");
        }
        return secret;
    }

    TSIG signer() {
        return signer;
    }

    /** The name only. */
    @Override
    public String toString() {
        return name;
    }
}
