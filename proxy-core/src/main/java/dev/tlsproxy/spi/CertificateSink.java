package dev.tlsproxy.spi;

/** Where a {@link CertificateManager} brings its results. Safe for use by several threads; never blocks. */
public interface CertificateSink {

    /**
     * Serves a certificate from the next handshake on, in place of the one served for that name. No connection is cut.
     * The state of the name's status stays, and its {@code notAfter} becomes that of this certificate; a name of which no
     * status was told is {@link CertificateStatus.State#ISSUED}. Does nothing for a name that is of no route (any more) and
     * that no handshake may ask for on demand.
     *
     * @param name the host pattern or IP address it is for
     * @param key the certified key; its certificate must cover the name
     * @throws IllegalArgumentException when the certificate does not cover the name
     */
    void deploy(String name, CertifiedKey key);

    /**
     * Says how it stands with a name. What is served goes on being served. A status that says nothing new is not told
     * on. For a name that is of no route and has no certificate deployed it is told on and then forgotten.
     *
     * @param status the name and its state; its {@code notAfter} is replaced by that of the certificate that is served
     */
    void status(CertificateStatus status);
}
