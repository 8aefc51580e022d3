package dev.tlsproxy.spi;

/** Where a {@link CertificateManager} brings its results. Safe for use by several threads; never blocks. */
public interface CertificateSink {

    /**
     * Serves a certificate from the next handshake on, in place of the one served for that name. No connection is cut.
     *
     * @param name the host pattern or IP address it is for
     * @param key the certified key; its certificate must cover the name
     * @throws IllegalArgumentException when the certificate does not cover the name
     */
    void deploy(String name, CertifiedKey key);

    /**
     * Says how it stands with a name. What is served goes on being served.
     *
     * @param status the name and its state
     */
    void status(CertificateStatus status);
}
