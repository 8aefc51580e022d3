package dev.tlsproxy.acme.spi;

/** The ways in which a CA may check that a name is ours (RFC 8555 section 8, RFC 8737). */
public enum ChallengeType {
    /** A handshake with {@code acme-tls/1} on port 443. */
    TLS_ALPN_01("tls-alpn-01"),
    /** A file under {@code /.well-known/acme-challenge/} on port 80. */
    HTTP_01("http-01"),
    /** A TXT record; the only one for wildcards. */
    DNS_01("dns-01");

    private final String text;

    ChallengeType(String text) {
        this.text = text;
    }

    /** The name in ACME: {@code tls-alpn-01} and so on. */
    @Override
    public String toString() {
        return text;
    }
}
