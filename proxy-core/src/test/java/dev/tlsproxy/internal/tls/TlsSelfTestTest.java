package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TlsSelfTestTest {

    @Test
    void provesHybridGroup() {
        TlsConfig config = new TlsConfig(true, false, false, Optional.empty());

        assertThatCode(() -> TlsSelfTest.begin(config).await()).doesNotThrowAnyException();
    }

    @Test
    void provesHybridGroupWherePostQuantumIsRequired() {
        TlsConfig config = new TlsConfig(false, true, false, Optional.empty());

        assertThatCode(() -> TlsSelfTest.begin(config).await()).doesNotThrowAnyException();
    }

    @Test
    void anEarlyOneIsTakenOverOnceAndForTheSameSettingsOnly() {
        TlsConfig config = new TlsConfig(true, false, false, Optional.empty());
        TlsConfig other = new TlsConfig(false, false, false, Optional.empty());
        TlsSelfTest early = TlsSelfTest.beginEarly(config);
        TlsSelfTest taken = TlsSelfTest.begin(config);
        TlsSelfTest second = TlsSelfTest.begin(config);
        TlsSelfTest unused = TlsSelfTest.beginEarly(config);
        TlsSelfTest forOther = TlsSelfTest.begin(other);

        assertThat(taken).isSameAs(early);
        assertThat(second).isNotSameAs(early);
        assertThat(forOther).isNotSameAs(unused);
        for (TlsSelfTest each : List.of(taken, second, unused, forOther)) {
            assertThatCode(each::await).doesNotThrowAnyException();
        }
    }
}
