package dev.tlsproxy.spi;

/**
 * Where a {@link CertificateManager} presents its answers to a CA's challenges (RFC 8555 section 8): the proxy's own
 * listeners give them. Safe for use by several threads; never blocks.
 */
public interface ChallengePort {

    /**
     * Answers {@code GET /.well-known/acme-challenge/TOKEN} on the HTTP listener, before redirects and routes, with the
     * key authorization (http-01, RFC 8555 section 8.3), as often as it is asked, until closed.
     *
     * @param host the name that is validated; a request for another host gets 404
     * @param token the token, of base64url characters only
     * @param keyAuthorization the body of the answer
     * @return ends the answer when closed
     * @throws IllegalArgumentException when the token has other characters
     */
    Presented http01(String host, String token, String keyAuthorization);

    /**
     * Shows a challenge certificate to a handshake that offers {@code acme-tls/1} as its only application protocol and
     * this name as its server name (tls-alpn-01, RFC 8737 section 3), until closed. Other handshakes never see it.
     *
     * @param name the host name that is validated
     * @param challenge the self-signed certificate with the acmeIdentifier extension, and its key
     * @return ends the answer when closed
     */
    Presented tlsAlpn01(String name, CertifiedKey challenge);

    /** An answer that is given until it is closed. Closing twice does nothing more. */
    interface Presented extends AutoCloseable {

        @Override
        void close();
    }
}
