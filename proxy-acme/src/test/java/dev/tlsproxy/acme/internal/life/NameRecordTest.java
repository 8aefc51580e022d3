package dev.tlsproxy.acme.internal.life;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.acme.internal.life.NameRecord.Issued;
import dev.tlsproxy.acme.internal.life.NameRecord.Trouble;
import dev.tlsproxy.acme.internal.life.NameRecord.Window;
import dev.tlsproxy.acme.internal.order.RenewalWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known of a name outlives a restart, word by word. */
class NameRecordTest {

    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123456789Z");
    private static final NameRecord FULL = new NameRecord(
            Optional.of(new Issued("acme-v02.api.letsencrypt.org-directory", "4afe", NOW)),
            Optional.of(new Window(NOW.plusSeconds(1), NOW.plusSeconds(3), NOW.plusSeconds(2))),
            Optional.of(NOW.plus(Duration.ofHours(6))),
            Optional.of(new Trouble(
                    3,
                    2,
                    NOW.minusSeconds(9),
                    NOW.plusSeconds(9),
                    " müller.example: \"dns\" = no\\such host: #1\n; tried [2001:db8::1]:80 ",
                    Set.of("first-ca", "second-ca"))));

    @Test
    void comesBackAsItWasWritten() {
        assertThat(NameRecord.fromText(FULL.toText())).isEqualTo(FULL);
        assertThat(NameRecord.fromText(NameRecord.EMPTY.toText())).isEqualTo(NameRecord.EMPTY);
        NameRecord none = FULL.with(Optional.of(new Trouble(0, 1, NOW, NOW, "", Set.of())));
        assertThat(NameRecord.fromText(none.toText())).isEqualTo(none);
    }

    @Test
    void isTextInOrderSoThatTwoWritesOfTheSameAreTheSame() {
        assertThat(new String(FULL.with(Optional.empty()).toText(), UTF_8)).isEqualTo("""
                        issued.at=2026-03-01T12\\:00\\:00.123456789Z
                        issued.ca=acme-v02.api.letsencrypt.org-directory
                        issued.serial=4afe
                        version=1
                        window.askAgain=2026-03-01T18\\:00\\:00.123456789Z
                        window.chosen=2026-03-01T12\\:00\\:02.123456789Z
                        window.end=2026-03-01T12\\:00\\:03.123456789Z
                        window.start=2026-03-01T12\\:00\\:01.123456789Z
                        """);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "version=2",
                "\\u00",
                "version=1\nissued.ca=x",
                "version=1\nissued.ca=x\nissued.serial=1\nissued.at=yesterday",
                "version=1\ntrouble.failures=many\ntrouble.unavailable=0"
            })
    void refusesWhatIsDamaged(String text) {
        assertThatThrownBy(() -> NameRecord.fromText(text.getBytes(UTF_8)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keepsTheChosenInstantWhileTheWindowStaysAndOverARestart() {
        Random random = new Random(5);
        RenewalWindow window =
                new RenewalWindow(NOW, NOW.plus(Duration.ofDays(2)), NOW.plus(Duration.ofHours(6)), Optional.empty());
        NameRecord first = NameRecord.EMPTY.asked(Optional.of(window), NOW, random);
        Instant chosen = first.window().orElseThrow().chosen();
        NameRecord later =
                NameRecord.fromText(first.toText()).asked(Optional.of(window), NOW.plus(Duration.ofHours(6)), random);
        assertThat(later.window().orElseThrow().chosen()).isEqualTo(chosen);

        RenewalWindow moved = new RenewalWindow(
                NOW.minusSeconds(1), NOW.plus(Duration.ofDays(2)), NOW.plus(Duration.ofHours(6)), Optional.empty());
        assertThat(later.asked(Optional.of(moved), NOW, random)
                        .window()
                        .orElseThrow()
                        .chosen())
                .isNotEqualTo(chosen);
    }
}
