package dev.tlsproxy.acme.spi;

/** The kinds of keys that public CAs sign. */
public enum KeyType {
    /** ECDSA on P-256: small and fast, the default. */
    EC_P256,
    /** ECDSA on P-384. */
    EC_P384,
    /** RSA with 2048 bits, for clients that know nothing else. */
    RSA_2048,
    /** RSA with 4096 bits. */
    RSA_4096
}
