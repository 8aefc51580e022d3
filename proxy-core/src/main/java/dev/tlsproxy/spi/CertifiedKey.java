package dev.tlsproxy.spi;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A private key and the certificate chain that certifies it, the end-entity certificate first (RFC 8446 section 4.4.2).
 * Immutable; its key never appears in {@link #toString}.
 */
public final class CertifiedKey {

    private static final int SAN_DNS_NAME = 2;
    private static final int SAN_IP_ADDRESS = 7;

    private final PrivateKey privateKey;
    private final List<X509Certificate> chain;
    private final Set<String> names;

    private CertifiedKey(PrivateKey privateKey, List<X509Certificate> chain) {
        this.privateKey = privateKey;
        this.chain = chain;
        this.names = readNames(chain.get(0));
    }

    /**
     * Pairs a private key with its certificates, given in any order: the one that certifies the key comes first, each
     * further one is the issuer of the one before. Certificates that do not belong to that chain, and a self-signed
     * root behind it, are left out (RFC 8446 section 4.4.2 allows to omit the root).
     *
     * @param privateKey an EC or RSA private key
     * @param certificates the certificates, at least one
     * @return the pair
     * @throws IllegalArgumentException when there is no certificate, or none certifies the key
     */
    public static CertifiedKey of(PrivateKey privateKey, Collection<X509Certificate> certificates) {
        Objects.requireNonNull(privateKey, "privateKey");
        Objects.requireNonNull(certificates, "certificates");
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException(
                    "certificates: none (expected: at least the one that certifies the key)");
        }
        X509Certificate leaf = certificates.stream()
                .filter(certificate -> KeyMatch.matches(privateKey, certificate.getPublicKey()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("private key does not match " + describe(certificates)
                        + " (expected: the key whose public half is in the certificate)"));
        return new CertifiedKey(privateKey, chainFrom(leaf, certificates));
    }

    /**
     * The private key.
     *
     * @return the key; a secret
     */
    public PrivateKey privateKey() {
        return privateKey;
    }

    /**
     * The chain, the end-entity certificate first, without a self-signed root behind others.
     *
     * @return an immutable list of at least one certificate
     */
    public List<X509Certificate> chain() {
        return chain;
    }

    /**
     * The end-entity certificate.
     *
     * @return the first of the chain
     */
    public X509Certificate leaf() {
        return chain.get(0);
    }

    /**
     * The names in the end-entity certificate's subjectAltName: host patterns in lower case (a wildcard as
     * {@code *.example.com}) and IP addresses in their JDK text form.
     *
     * @return an immutable set, in the certificate's order
     */
    public Set<String> names() {
        return names;
    }

    /**
     * Start of the end-entity certificate's validity.
     *
     * @return the instant
     */
    public Instant notBefore() {
        return leaf().getNotBefore().toInstant();
    }

    /**
     * End of the end-entity certificate's validity.
     *
     * @return the instant
     */
    public Instant notAfter() {
        return leaf().getNotAfter().toInstant();
    }

    /** Names, issuer and expiry; no key. */
    @Override
    public String toString() {
        return "CertifiedKey[names=" + names + ", issuer="
                + leaf().getIssuerX500Principal().getName() + ", notAfter=" + notAfter() + "]";
    }

    private static String describe(Collection<X509Certificate> certificates) {
        return certificates.size() == 1
                ? "the certificate of "
                        + certificates
                                .iterator()
                                .next()
                                .getSubjectX500Principal()
                                .getName()
                : "any of the " + certificates.size() + " certificates";
    }

    private static List<X509Certificate> chainFrom(X509Certificate leaf, Collection<X509Certificate> certificates) {
        List<X509Certificate> chain = new ArrayList<>();
        X509Certificate next = leaf;
        while (next != null) {
            chain.add(next);
            next = issuerOf(next, certificates, chain);
        }
        return List.copyOf(chain);
    }

    private static @Nullable X509Certificate issuerOf(
            X509Certificate certificate, Collection<X509Certificate> certificates, List<X509Certificate> chain) {
        for (X509Certificate candidate : certificates) {
            if (!chain.contains(candidate)
                    && !isSelfIssued(candidate)
                    && candidate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
                    && isSignedBy(certificate, candidate)) {
                return candidate;
            }
        }
        return null;
    }

    private static boolean isSelfIssued(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
    }

    private static boolean isSignedBy(X509Certificate certificate, X509Certificate issuer) {
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static Set<String> readNames(X509Certificate certificate) {
        Set<String> names = new LinkedHashSet<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> alternative : alternatives) {
                    int type = (Integer) alternative.get(0);
                    if (type == SAN_DNS_NAME) {
                        names.add(((String) alternative.get(1)).toLowerCase(Locale.ROOT));
                    } else if (type == SAN_IP_ADDRESS) {
                        names.add(InetAddress.getByName((String) alternative.get(1))
                                .getHostAddress());
                    }
                }
            }
        } catch (CertificateParsingException | UnknownHostException e) {
            throw new IllegalArgumentException(
                    "subjectAltName of " + certificate.getSubjectX500Principal().getName() + " can't be read: "
                            + e.getMessage(),
                    e);
        }
        return Collections.unmodifiableSet(names);
    }
}
