package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.undertow.util.HeaderMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderMapFieldsTest {

    private final HeaderMapFields fields = new HeaderMapFields(new HeaderMap());

    @Test
    void setsAddsAndRemoves() {
        fields.set("X-A", "1");
        fields.add("x-a", "2");
        assertThat(fields.all("X-a")).containsExactly("1", "2");
        assertThat(fields.first("X-A")).contains("1");
        assertThat(fields.names()).containsExactly("X-A");
        fields.remove("X-A");
        assertThat(fields.first("X-A")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Connection", "content-length", "Transfer-Encoding", "Upgrade", "TE", "Keep-Alive"})
    void refusesFieldsTheProxyOwns(String name) {
        assertThatThrownBy(() -> fields.set(name, "x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("field name: \"" + name + "\" (expected: a field that the proxy itself does not own)");
        assertThatThrownBy(() -> fields.remove(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesBadNamesAndValues() {
        assertThatThrownBy(() -> fields.add("a b", "x"))
                .hasMessage("field name: \"a b\" (expected: an RFC 9110 token)");
        assertThatThrownBy(() -> fields.add("a", "secret\r\nx: y"))
                .hasMessage("value of field \"a\" (expected: Latin-1 text without CR, LF and NUL)");
    }

    @Test
    void keepsExactlyOneHost() {
        fields.set("Host", "a");
        fields.set("Host", "b");
        assertThatThrownBy(() -> fields.add("Host", "c"))
                .hasMessage("field name: \"Host\" (expected: a field that may repeat)");
        assertThatThrownBy(() -> fields.remove("Host")).isInstanceOf(IllegalArgumentException.class);
        assertThat(fields.all("Host")).containsExactly("b");
    }
}
