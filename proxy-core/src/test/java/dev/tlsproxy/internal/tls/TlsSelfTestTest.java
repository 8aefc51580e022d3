package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TlsSelfTestTest {

    @Test
    void provesHybridGroup() {
        ServerTlsContext context = new ServerTlsContext(
                new TlsConfig(true, false, false, Optional.empty()),
                new CertificateTable(),
                new ChallengeTable(),
                CertificateDemand.NONE);

        assertThatCode(() -> TlsSelfTest.begin(context, Instant.now()).await()).doesNotThrowAnyException();
    }

    @Test
    void provesHybridGroupWherePostQuantumIsRequired() {
        ServerTlsContext context = new ServerTlsContext(
                new TlsConfig(false, true, false, Optional.empty()),
                new CertificateTable(),
                new ChallengeTable(),
                CertificateDemand.NONE);

        assertThatCode(() -> TlsSelfTest.begin(context, Instant.now()).await()).doesNotThrowAnyException();
    }
}
