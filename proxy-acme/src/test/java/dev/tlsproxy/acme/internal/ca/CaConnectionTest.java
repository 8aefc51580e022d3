package dev.tlsproxy.acme.internal.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.acme.testing.FakeCa;
import java.net.URI;
import java.net.URL;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.exception.AcmeProtocolException;

class CaConnectionTest {

    @Test
    void asksACaOfHttpsNothingWithoutTls() throws Exception {
        try (FakeCa plain = new FakeCa();
                CaSession ca = new CaSession(
                        URI.create("https://ca.example/dir"), List.of(), Duration.ofSeconds(5), Clock.systemUTC());
                Connection connection = ca.session().connect()) {
            URL named = plain.directory().toURL();
            assertThatThrownBy(() -> connection.sendRequest(named, ca.session(), null))
                    .isInstanceOf(AcmeProtocolException.class)
                    .hasMessage("the CA names the address " + named + ", which is not https");
            assertThat(plain.requests()).isZero();
        }
    }
}
