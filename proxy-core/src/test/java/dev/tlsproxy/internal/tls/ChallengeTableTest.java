package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.ChallengePort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengeTableTest {

    private final ChallengeTable table = new ChallengeTable();

    @Test
    void answersForItsHostAndTokenUntilClosed() {
        ChallengePort.Presented presented = table.http01("A.Test", "token-1_", "token-1_.thumb");

        assertThat(table.http01Body("a.test", "token-1_")).contains("token-1_.thumb");
        assertThat(table.http01Body("b.test", "token-1_")).isEmpty();
        assertThat(table.http01Body("a.test", "other")).isEmpty();
        presented.close();
        presented.close();
        assertThat(table.http01Body("a.test", "token-1_")).isEmpty();
    }

    @Test
    void closingAReplacedAnswerLeavesItsSuccessor() {
        ChallengePort.Presented first = table.http01("a.test", "t", "first");
        table.http01("a.test", "t", "second");

        first.close();

        assertThat(table.http01Body("a.test", "t")).contains("second");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../x", "a/b", "a.b", "a%2Fb", "a b", "\u00e9"})
    void refusesTokensWithOtherCharacters(String token) {
        assertThatThrownBy(() -> table.http01("a.test", token, "body"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("token: not of base64url characters (expected: 1 to 255 of A-Z a-z 0-9 - _)");
        assertThat(table.http01Body("a.test", token)).isEmpty();
    }
}
