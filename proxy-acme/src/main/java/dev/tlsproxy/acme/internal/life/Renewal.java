package dev.tlsproxy.acme.internal.life;

import dev.tlsproxy.acme.internal.life.RenewalPolicy.Plan;
import dev.tlsproxy.acme.internal.order.IssueException;
import dev.tlsproxy.acme.internal.order.RenewalWindow;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** When the certificate of one name is due, by its lifetime and by what its CA says when asked. One thread at a time. */
final class Renewal {

    private static final Logger LOG = LoggerFactory.getLogger(Renewal.class);
    private static final Duration ASK_AT_MOST_EVERY = Duration.ofMinutes(1);
    private static final Duration ASK_AT_LEAST_EVERY = Duration.ofDays(1);
    private static final Duration ASK_AFTER_FAILURE = Duration.ofHours(1);

    private final String name;
    private final List<Ca> cas;
    private final ServedCertificate certificate;
    private final NameMemory memory;
    private final RandomGenerator random;
    private boolean overrideWarned;

    Renewal(String name, List<Ca> cas, ServedCertificate certificate, NameMemory memory, RandomGenerator random) {
        this.name = name;
        this.cas = cas;
        this.certificate = certificate;
        this.memory = memory;
        this.random = random;
    }

    /** Another certificate is served. */
    void startAnew() {
        overrideWarned = false;
    }

    /** From when on a certificate is to be ordered; at once where there is none, or where it is of a CA no longer in use. */
    Instant due(Instant now) {
        Optional<CertifiedKey> served = certificate.served();
        if (served.isEmpty()) {
            return now;
        }
        Optional<NameRecord.Issued> issued =
                memory.record().issued().filter(known -> known.is(served.get().leaf()));
        if (issued.isPresent() && issuingCa().isEmpty()) {
            return now;
        }
        Plan plan = plan(served.get());
        if (plan.overrides(now) && !overrideWarned) {
            overrideWarned = true;
            LOG.warn(
                    "{}: renewed before the instant the CA wants, {}, as the certificate expires at {}",
                    name,
                    plan.wanted().orElseThrow(),
                    served.get().notAfter());
        }
        return plan.due();
    }

    private Plan plan(CertifiedKey served) {
        Optional<NameRecord.Issued> issued = memory.record().issued().filter(known -> known.is(served.leaf()));
        return RenewalPolicy.plan(
                served.notBefore(),
                served.notAfter(),
                issued.isPresent() ? memory.record().window().map(NameRecord.Window::chosen) : Optional.empty(),
                issued.map(NameRecord.Issued::at));
    }

    /** Less than a twentieth of its lifetime is left. */
    boolean isEmergency(Instant now) {
        return certificate
                .served()
                .map(this::plan)
                .filter(plan -> !now.isBefore(plan.emergency()))
                .isPresent();
    }

    private Optional<Ca> issuingCa() {
        return memory.record()
                .issued()
                .filter(known ->
                        certificate.served().filter(key -> known.is(key.leaf())).isPresent())
                .flatMap(known ->
                        cas.stream().filter(ca -> ca.id().equals(known.ca())).findFirst());
    }

    /** When to ask the CA for its window; never where no CA in use issued the certificate, or windows can't be had. */
    Instant nextAsk(Instant now) {
        Optional<Ca> ca = issuingCa();
        if (ca.isEmpty() || ca.get().windowsAreDown(now)) {
            return Instant.MAX;
        }
        return memory.record()
                .askAgain()
                .filter(at -> !at.isAfter(now.plus(ASK_AT_LEAST_EVERY)))
                .orElse(now);
    }

    /** Asks the CA when it wants the certificate renewed. */
    void ask(Clock clock) throws InterruptedException {
        Instant now = clock.instant();
        Optional<Ca> ca = issuingCa();
        if (ca.isPresent()) {
            CertifiedKey served = certificate.served().orElseThrow();
            try {
                answered(ca.get().window(name, served.leaf(), now), clock.instant());
            } catch (IssueException e) {
                LOG.debug("{}: the renewal window can't be had now", name, e);
                Instant next = RenewalPolicy.later(
                        now.plus(ASK_AFTER_FAILURE), e.notBefore().orElse(now));
                memory.write(memory.record().askedInVain(earlier(next, now.plus(ASK_AT_LEAST_EVERY))));
            }
        }
    }

    private void answered(Optional<RenewalWindow> answer, Instant now) {
        Instant next = answer.map(RenewalWindow::askAgain).orElse(now.plus(ASK_AT_LEAST_EVERY));
        next = earlier(RenewalPolicy.later(next, now.plus(ASK_AT_MOST_EVERY)), now.plus(ASK_AT_LEAST_EVERY));
        Optional<NameRecord.Window> old = memory.record().window();
        memory.write(memory.record().asked(answer, next, random));
        boolean told =
                old.isPresent() || answer.flatMap(RenewalWindow::explanation).isPresent();
        if (told && answer.isPresent() && !old.equals(memory.record().window())) {
            LOG.warn(
                    "{}: the CA now wants it renewed in {}..{}{}",
                    name,
                    answer.get().start(),
                    answer.get().end(),
                    answer.get().explanation().map(page -> "; see " + page).orElse(""));
        }
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
