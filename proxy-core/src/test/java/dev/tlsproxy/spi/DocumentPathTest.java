package dev.tlsproxy.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentPathTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "account.pem",
                "acme/ca.example-14000/*.example.com",
                ".hidden",
                "...",
                "a..b",
                "1/2/3/4/5/6"
            })
    void takesRelativePaths(String path) {
        assertThat(DocumentPath.checked(path)).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/a",
                "a/",
                "a//b",
                ".",
                "..",
                "./a",
                "../a",
                "a/.",
                "a/..",
                "a/./b",
                "a/../b",
                "a\\b",
                "C:",
                "a b",
                "a\n",
                "a\u0000",
                "\u00e4",
                "%2A",
                "1/2/3/4/5/6/7"
            })
    void refusesAllElse(String path) {
        assertThatThrownBy(() -> DocumentPath.checked(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("document: \"" + path
                        + "\" (expected: 1..6 segments of [A-Za-z0-9._*-], none of them . or ..)");
    }

    @Test
    void copiesContentUpToOneMebibyte() {
        byte[] content = {1, 2, 3};
        assertThat(DocumentPath.checkedContent("a", content)).isEqualTo(content).isNotSameAs(content);
        assertThat(DocumentPath.checkedContent("a", new byte[1 << 20])).hasSize(1 << 20);
        assertThatThrownBy(() -> DocumentPath.checkedContent("a/b", new byte[(1 << 20) + 1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("document \"a/b\": 1048577 bytes (expected: at most 1048576)");
    }
}
