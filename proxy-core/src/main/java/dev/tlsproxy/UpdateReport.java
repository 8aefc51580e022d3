package dev.tlsproxy;

import java.util.List;

/**
 * What an update did. Routes by their pattern in normal form, in their order.
 *
 * @param kept routes that are as they were: nothing of theirs was touched
 * @param changed routes that another one took the place of; exchanges that had begun end under the old one
 * @param added routes that were not there
 * @param removed routes that are gone
 * @param tunnelsKept open tunnels that go on: their route was kept, or still has their upstream and upgrade handler
 * @param tunnelsDraining open tunnels that were asked to come to their end
 */
public record UpdateReport(
        List<String> kept,
        List<String> changed,
        List<String> added,
        List<String> removed,
        int tunnelsKept,
        int tunnelsDraining) {

    /** Copies the lists. */
    public UpdateReport {
        kept = List.copyOf(kept);
        changed = List.copyOf(changed);
        added = List.copyOf(added);
        removed = List.copyOf(removed);
    }

    /** Names what is new or gone and counts the rest: {@code kept 3, added [a.example.com], tunnels kept 7}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("kept ").append(kept.size());
        append(text, "changed", changed);
        append(text, "added", added);
        append(text, "removed", removed);
        text.append(", tunnels kept ").append(tunnelsKept);
        return tunnelsDraining == 0
                ? text.toString()
                : text.append(", draining ").append(tunnelsDraining).toString();
    }

    private static void append(StringBuilder text, String what, List<String> routes) {
        if (!routes.isEmpty()) {
            text.append(", ").append(what).append(' ').append(routes);
        }
    }
}
