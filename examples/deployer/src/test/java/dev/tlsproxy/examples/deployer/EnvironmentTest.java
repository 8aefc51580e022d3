package dev.tlsproxy.examples.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentTest {

    @Test
    void readsServicesByName() throws Exception {
        Environment environment = read("https.admin_email=admin@example.com\n"
                + "tracker.domain=tracker.localhost\ntracker.upstream=http://127.0.0.1:7070\n"
                + "api.domain=api.localhost\napi.upstream=http://127.0.0.1:1212\napi.use_tls_proxy=false\n");
        assertThat(environment.adminEmail()).isEqualTo("admin@example.com");
        assertThat(environment.services())
                .containsExactly(
                        new Environment.Service("api", "api.localhost", "http://127.0.0.1:1212", false),
                        new Environment.Service("tracker", "tracker.localhost", "http://127.0.0.1:7070", true));
        assertThat(environment.proxied()).extracting(Environment.Service::name).containsExactly("tracker");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.domain=a.localhost | property a.upstream is missing",
                "a.upstream=http://127.0.0.1:1 | property a.domain is missing",
                "https.admin_mail=x | property https.admin_mail (expected: https.admin_email, NAME.domain,"
                        + " NAME.upstream or NAME.use_tls_proxy)",
                "https.admin_email= | property https.admin_email is missing",
                "a.domain=a;a.upstream=b;a.use_tls_proxy=yes"
                        + "| property a.use_tls_proxy: \"yes\" (expected: true or false)",
            })
    void namesWhatIsWrong(String lines, String message) {
        assertThatThrownBy(() -> read(lines.replace(';', '\n')))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private static Environment read(String lines) throws IOException {
        Properties properties = new Properties();
        properties.load(new StringReader(lines));
        return Environment.from(properties);
    }
}
