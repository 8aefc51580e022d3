package dev.tlsproxy.acme.internal.order;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.spi.CertifiedKey;
import java.security.MessageDigest;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class AlpnCertificateTest {

    @Test
    void hasOneNameAndTheDigestInACriticalExtension() throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(new byte[] {1});
        CertifiedKey key = AlpnCertificate.create(OrderName.of("a.example.com"), digest, Instant.now());
        assertThat(key.names()).containsExactly("a.example.com");
        assertThat(key.leaf().getCriticalExtensionOIDs()).containsExactly("1.3.6.1.5.5.7.1.31");
        byte[] extension = key.leaf().getExtensionValue("1.3.6.1.5.5.7.1.31");
        // OCTET STRING of OCTET STRING of 32 bytes
        assertThat(extension).hasSize(36).startsWith(4, 34, 4, 32).endsWith(digest);
        assertThat(key.privateKey().getAlgorithm()).isEqualTo("EC");
    }

    @Test
    void namesAnAddressAndIsAskedForByItsReverseName() {
        OrderName four = OrderName.of("192.0.2.17");
        OrderName six = OrderName.of("2001:db8::1");
        assertThat(AlpnCertificate.create(four, new byte[32], Instant.now()).names())
                .containsExactly("192.0.2.17");
        assertThat(four.serverName()).isEqualTo("17.2.0.192.in-addr.arpa");
        assertThat(six.serverName())
                .isEqualTo("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
        assertThat(OrderName.of("*.example.com").serverName()).isEqualTo("example.com");
    }
}
