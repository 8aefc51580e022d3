package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.spi.ChallengeType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Which challenge type to answer: the one that succeeded most often, among equals any; not again one that failed for a
 * name, until all have.
 */
final class ChallengeChoice {

    private static final int NAMES_REMEMBERED = 10_000;

    private final CaSettings settings;
    private final RandomGenerator random;
    private final Map<ChallengeType, Integer> balance = new EnumMap<>(ChallengeType.class);
    private final Map<String, Set<ChallengeType>> failed = new LinkedHashMap<>();

    ChallengeChoice(CaSettings settings, RandomGenerator random) {
        this.settings = settings;
        this.random = random;
    }

    /** Finds out before an order is spent. */
    void requireOne(OrderName name) throws IssueException {
        if (possible(name).isEmpty()) {
            String expected = name.isWildcard()
                    ? "dns-01 among the challenges and a ChallengeSolver for it, as a wildcard allows no other"
                    : name.isAddress() ? "tls-alpn-01 or http-01" : "a challenge type that is set up";
            throw new IssueException(
                    IssueException.Kind.FOR_GOOD,
                    name + ": no challenge type is usable of " + settings.challenges() + " (expected: " + expected
                            + ")",
                    Optional.empty(),
                    null);
        }
    }

    /** The best of those that the CA offers. */
    synchronized Optional<ChallengeType> choose(OrderName name, Collection<String> offered) {
        List<ChallengeType> types = new ArrayList<>(untried(name));
        types.removeIf(type -> !offered.contains(type.toString()));
        for (int i = types.size() - 1; i > 0; i--) {
            types.add(types.remove(random.nextInt(i + 1)));
        }
        types.sort(Comparator.comparingInt((ChallengeType type) -> -balance.getOrDefault(type, 0)));
        return types.stream().findFirst();
    }

    synchronized void succeeded(OrderName name, ChallengeType type) {
        balance.merge(type, 1, Integer::sum);
        failed.remove(name.text());
    }

    synchronized void failed(OrderName name, ChallengeType type) {
        balance.merge(type, -1, Integer::sum);
        failed.computeIfAbsent(name.text(), any -> EnumSet.noneOf(ChallengeType.class))
                .add(type);
        if (failed.size() > NAMES_REMEMBERED) {
            failed.remove(failed.keySet().iterator().next());
        }
    }

    synchronized boolean untriedLeft(OrderName name) {
        return !untried(name).isEmpty();
    }

    /** Ends an issue that failed: where each type has, all may be tried next time. */
    synchronized void startAnew(OrderName name) {
        if (untried(name).isEmpty()) {
            failed.remove(name.text());
        }
    }

    private Set<ChallengeType> untried(OrderName name) {
        Set<ChallengeType> types = possible(name);
        types.removeAll(failed.getOrDefault(name.text(), Set.of()));
        return types;
    }

    private Set<ChallengeType> possible(OrderName name) {
        Set<ChallengeType> types = EnumSet.noneOf(ChallengeType.class);
        types.addAll(settings.challenges());
        if (settings.dns().isEmpty() || name.isAddress()) {
            types.remove(ChallengeType.DNS_01);
        }
        if (name.isWildcard()) {
            types.retainAll(EnumSet.of(ChallengeType.DNS_01));
        }
        return types;
    }
}
