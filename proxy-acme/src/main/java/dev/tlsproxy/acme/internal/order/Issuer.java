package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.spi.CertifiedKey;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * One CA with one account: gets one certificate at a time from start to end. Methods block; safe for use by several
 * threads.
 */
public interface Issuer extends AutoCloseable {

    /**
     * What the ledger, and the store's documents, know the CA by.
     *
     * @return host and path of its directory as one path segment, such as {@code acme-v02.api.letsencrypt.org-directory}
     */
    String id();

    /**
     * Orders a certificate for one name: account, order, authorizations, challenges, finalisation, download; with a new
     * private key.
     *
     * @param name a host name, a wildcard pattern or an IP address
     * @param replaces the certificate it takes the place of (RFC 9773 section 5); only one of this CA
     * @return the certified key; not saved, not deployed
     * @throws IssueException when there is none to be had now
     * @throws InterruptedException when interrupted; what was presented for challenges is taken back
     */
    CertifiedKey issue(String name, Optional<X509Certificate> replaces) throws IssueException, InterruptedException;

    /**
     * Asks when the CA wants a certificate to be renewed (RFC 9773 section 4).
     *
     * @param certificate an end-entity certificate of this CA
     * @return the window; empty where the CA does not say
     * @throws IssueException when the CA can't be asked now
     * @throws InterruptedException when interrupted
     */
    Optional<RenewalWindow> renewalWindow(X509Certificate certificate) throws IssueException, InterruptedException;

    /**
     * The CA's staging environment, where a failing order is tried again without cost.
     *
     * @return an issuer; empty where the CA has none
     */
    Optional<Issuer> staging();

    /** Ends its connections; does not block. */
    @Override
    void close();
}
