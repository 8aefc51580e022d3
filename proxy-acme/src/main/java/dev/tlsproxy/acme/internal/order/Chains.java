package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.spi.CertifiedKey;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import org.shredzone.acme4j.Certificate;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Downloads what was issued (RFC 8555 section 7.4.2), with the chain that is wanted where there are several. */
final class Chains {

    private static final Logger LOG = LoggerFactory.getLogger(Chains.class);

    private Chains() {}

    static CertifiedKey preferred(
            Patience patience, Certificate certificate, Optional<String> issuer, KeyPair keys, OrderName name)
            throws AcmeException, InterruptedException {
        List<X509Certificate> chain = download(patience, certificate);
        if (issuer.isPresent() && !endsAt(chain, issuer.get())) {
            chain = alternate(patience, certificate, issuer.get(), chain, name);
        }
        try {
            CertifiedKey certified = CertifiedKey.of(keys.getPrivate(), chain);
            if (certified.names().contains(name.certified())) {
                return certified;
            }
            throw new AcmeProtocolException("the certificate is for " + certified.names());
        } catch (IllegalArgumentException e) {
            throw new AcmeProtocolException("the certificate is not for our key", e);
        }
    }

    private static List<X509Certificate> alternate(
            Patience patience,
            Certificate certificate,
            String issuer,
            List<X509Certificate> offeredFirst,
            OrderName name)
            throws InterruptedException {
        try {
            for (Certificate alternate : certificate.getAlternateCertificates()) {
                List<X509Certificate> chain = download(patience, alternate);
                if (endsAt(chain, issuer)) {
                    return chain;
                }
            }
            LOG.info("{}: the CA offers no chain up to \"{}\"; its first is taken", name, issuer);
        } catch (AcmeException | AcmeProtocolException e) {
            LOG.info("{}: the CA's other chains can't be had; its first is taken", name, e);
        }
        return offeredFirst;
    }

    private static List<X509Certificate> download(Patience patience, Certificate certificate)
            throws AcmeException, InterruptedException {
        return patience.repeatedly(() -> {
            certificate.download();
            List<X509Certificate> chain = certificate.getCertificateChain();
            if (chain.isEmpty()) {
                throw new AcmeProtocolException("the certificate chain is empty");
            }
            return chain;
        });
    }

    /** acme4j compares with the whole issuer name, of which the common name is but a part. */
    private static boolean endsAt(List<X509Certificate> chain, String issuer) {
        String top = chain.get(chain.size() - 1).getIssuerX500Principal().getName();
        try {
            return new LdapName(top)
                    .getRdns().stream()
                            .anyMatch(part -> part.getType().equalsIgnoreCase("CN")
                                    && issuer.equals(part.getValue().toString()));
        } catch (InvalidNameException e) {
            return false;
        }
    }
}
