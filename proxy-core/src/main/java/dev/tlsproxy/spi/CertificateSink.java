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
     * Says that no certificate can be had for now. What is served goes on being served.
     *
     * @param name the host pattern or IP address
     * @param problem one sentence that names the cause and, where known, the remedy
     */
    void failed(String name, String problem);
}
