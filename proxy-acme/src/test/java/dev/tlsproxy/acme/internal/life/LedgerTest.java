package dev.tlsproxy.acme.internal.life;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.acme.internal.life.LifeSettings.CaLimits;
import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Let's Encrypt's published limits; each test asks a ledger that was read anew from the store, as after a restart. */
class LedgerTest {

    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final CertificateStore store = CertificateStore.inMemory();

    @Test
    void threeHundredOrdersOfAnAccountInThreeHours() {
        Ledger ledger = ledger();
        for (int i = 0; i < 300; i++) {
            String name = "www.site" + i + ".example";
            Instant at = START.plusSeconds(10L * i);
            assertThat(ledger.refusal(name, false, at)).isEmpty();
            ledger.begun(name, false, at);
        }
        Instant possible = START.plus(Duration.ofHours(3)).plus(SECOND);
        assertRefused(
                "new.example",
                START.plusSeconds(3000),
                possible,
                "new.example: not ordered, as ca allows 300 orders of this account in PT3H and so many were made;"
                        + " possible at 2026-03-01T15:00:01Z");
        ledger().begun("new.example", false, possible);
        assertRefused("other.example", possible, possible.plusSeconds(10));
    }

    @Test
    void fiftyCertificatesOfARegisteredDomainInAWeek() {
        for (int i = 0; i < 50; i++) {
            ledger().begun((i == 0 ? "*." : "host" + i + ".") + "example.co.uk", false, START.plusSeconds(60L * i));
        }
        Instant now = START.plus(Duration.ofHours(1));
        assertRefused(
                "www.example.co.uk",
                now,
                START.plus(Duration.ofDays(7)).plus(SECOND),
                "www.example.co.uk: not ordered, as ca allows 50 certificates for example.co.uk in PT168H and so many"
                        + " were made; possible at 2026-03-08T12:00:01Z");
        assertThat(ledger().refusal("www.other.co.uk", false, now)).isEmpty();
    }

    @Test
    void fiveCertificatesOfOneSetOfNamesInAWeek() {
        for (int i = 0; i < 5; i++) {
            ledger().begun("www.example.com", false, START.plus(Duration.ofDays(i)));
        }
        Instant now = START.plus(Duration.ofDays(5));
        assertRefused(
                "www.example.com",
                now,
                START.plus(Duration.ofDays(7)).plus(SECOND),
                "www.example.com: not ordered, as ca allows 5 certificates for just this name in PT168H and so many"
                        + " were made; possible at 2026-03-08T12:00:01Z");
        assertThat(ledger().refusal("example.com", false, now)).isEmpty();
    }

    @Test
    void fiveFailedValidationsOfANameInAnHourAndThatHoldsForRenewalsToo() {
        for (int i = 0; i < 5; i++) {
            Instant at = START.plus(Duration.ofMinutes(i));
            ledger().begun("www.example.com", false, at);
            ledger().failed("www.example.com", false, Kind.NOT_VALIDATED, at);
        }
        Instant now = START.plus(Duration.ofMinutes(30));
        String sentence = "www.example.com: not ordered, as ca allows 5 failed validations of this name in PT1H and so"
                + " many were made; possible at 2026-03-01T13:00:01Z";
        Instant possible = START.plus(Duration.ofHours(1)).plus(SECOND);
        assertRefused("www.example.com", now, possible, sentence);
        assertThat(ledger().refusal("www.example.com", true, now)).contains(new Ledger.Refusal(possible, sentence));
        assertThat(ledger().refusal("api.example.com", false, now)).isEmpty();
    }

    @Test
    void aRenewalThatNamesWhatItReplacesIsExemptAndCountsForNothing() {
        for (int i = 0; i < 5; i++) {
            ledger().begun("www.example.com", false, START);
        }
        assertThat(ledger().refusal("www.example.com", true, START)).isEmpty();
        for (int i = 0; i < 400; i++) {
            ledger().begun("api.example.org", true, START);
        }
        assertThat(ledger().refusal("api.example.org", false, START)).isEmpty();
    }

    @Test
    void anOrderThatFailedIsAnOrderButNoCertificate() {
        for (int i = 0; i < 299; i++) {
            ledger().begun("www.example.com", false, START);
            ledger().failed("www.example.com", false, Kind.RATE_LIMITED, START);
        }
        assertThat(ledger().refusal("www.example.com", false, START)).isEmpty();
        ledger().begun("www.example.com", false, START);
        ledger().failed("www.example.com", false, Kind.RATE_LIMITED, START);
        assertThat(ledger().refusal("www.example.com", false, START)
                        .orElseThrow()
                        .sentence())
                .contains("300 orders of this account");
    }

    @Test
    void whatAWrongClockWroteIntoTheFutureCountsForNothing() {
        for (int i = 0; i < 5; i++) {
            ledger().begun("www.example.com", false, START.plus(Duration.ofDays(400)));
        }
        assertThat(ledger().refusal("www.example.com", false, START)).isEmpty();
    }

    @Test
    void aCaWithoutKnownLimitsIsLimitedByNothingButItsOutage() {
        Ledger ledger = new Ledger("ca", null, store, new Random(1));
        for (int i = 0; i < 500; i++) {
            ledger.begun("www.example.com", false, START);
        }
        assertThat(ledger.refusal("www.example.com", false, START)).isEmpty();
        for (String name : List.of("a.example", "b.example", "c.example")) {
            ledger.failed(name, false, Kind.CA_UNAVAILABLE, START);
        }
        assertThat(ledger.refusal("www.example.com", false, START).orElseThrow().sentence())
                .startsWith("www.example.com: ca could not be used for several names; asked again at 2026-03-01T12:0");
    }

    @Test
    void aLedgerThatIsDamagedIsBegunAnew() throws Exception {
        store.write("acme/ca/ledger.properties", "version=9\n".getBytes(StandardCharsets.UTF_8));
        assertThat(ledger().refusal("www.example.com", false, START)).isEmpty();
        Ledger ledger = ledger();
        for (int i = 0; i < 5; i++) {
            ledger.begun("www.example.com", false, START);
        }
        assertThat(ledger.refusal("www.example.com", false, START)).isPresent();
    }

    /** Five times the program starts, orders, and loses what it got; the sixth time it waits out the week. */
    @Test
    void aProgramThatLosesItsCertificateAtEachStartIsStoppedByItsOwnLedger() {
        ManualTime time = new ManualTime(START);
        FakeIssuer issuer = new FakeIssuer("ca", time);
        FlakyStore lossy = new FlakyStore();
        lossy.losesCertificates = true;
        FakeProxy proxy = new FakeProxy(lossy, Set.of("www.example.com"));
        for (int i = 0; i < 10; i++) {
            Threads threads = time.mortal();
            manager(issuer, time, threads).start(proxy);
            time.pass(Duration.ofMinutes(1));
            threads.close();
        }
        assertThat(issuer.orders).hasSize(5);
        CertificateStatus status = proxy.status("www.example.com");
        assertThat(status.state()).isEqualTo(State.BACKING_OFF);
        assertThat(status.until()).contains(START.plus(Duration.ofDays(7)).plus(SECOND));
        assertThat(status.problem())
                .contains("www.example.com: not ordered, as ca allows 5 certificates for just this name in PT168H and"
                        + " so many were made; possible at 2026-03-08T12:00:01Z");
        manager(issuer, time, time).start(proxy);
        time.pass(Duration.ofDays(7));
        assertThat(issuer.orders).hasSize(6);
    }

    private static AcmeManager manager(FakeIssuer issuer, ManualTime time, Threads threads) {
        LifeSettings defaults = LifeSettings.DEFAULTS;
        return new AcmeManager(
                List.of(issuer),
                time,
                new Random(1),
                threads,
                new LifeSettings(
                        8,
                        defaults.ownRate(),
                        defaults.checkEvery(),
                        defaults.longestSleep(),
                        Map.of("ca", CaLimits.LETS_ENCRYPT)));
    }

    private void assertRefused(String name, Instant now, Instant until, String sentence) {
        assertThat(ledger().refusal(name, false, now)).contains(new Ledger.Refusal(until, sentence));
        assertRefused(name, now, until);
    }

    private void assertRefused(String name, Instant now, Instant until) {
        assertThat(ledger().refusal(name, false, now).orElseThrow().until()).isEqualTo(until);
        assertThat(ledger().refusal(name, false, until.minusMillis(1))).isPresent();
        assertThat(ledger().refusal(name, false, until)).isEmpty();
    }

    private Ledger ledger() {
        return new Ledger("ca", CaLimits.LETS_ENCRYPT, store, new Random(1));
    }
}
