package dev.tlsproxy;

import dev.tlsproxy.internal.http.RouteEntry;
import dev.tlsproxy.internal.http.Tunnels;
import dev.tlsproxy.spi.CertifiedKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One update of a running proxy: what can refuse comes first and is undone, what can't comes after. Used by one thread.
 */
final class LiveUpdate {

    private final ProxyConfig config;
    private final Rooms rooms;
    private final Live before;

    LiveUpdate(ProxyConfig config, Rooms rooms) {
        this.config = config;
        this.rooms = rooms;
        this.before = rooms.live();
    }

    /**
     * Applies the changes, all of them.
     *
     * @throws IllegalArgumentException as the changes do
     * @throws IllegalStateException when the whole is refused; nothing has changed then
     */
    UpdateReport apply(Consumer<ProxyUpdate> changes) {
        ServingDraft draft = new ServingDraft(before.serving());
        ProxyUpdate update = new ProxyUpdate(draft, config.clock());
        changes.accept(update);
        Live next = before.then(config, draft.checked(config.tls(), config.acme()));
        serveNames(next);
        deployOwn(before, next);
        rooms.swap(next);
        withdrawOwn(next);
        rooms.deployments().retain(next.served());
        rooms.deployments().expect(next.names().all(), next.served());
        int draining = drainTunnels(next, update.drain());
        return report(next, rooms.tunnels().staying(), draining);
    }

    /** Certificates before routes: a new name is never without one. */
    private void serveNames(Live next) {
        Deployments deployments = rooms.deployments();
        deployments.expect(next.names().all(), next.served());
        try {
            rooms.managers().serve(next.names());
        } catch (RuntimeException e) {
            deployments.retain(before.served());
            deployOwn(next, before); // in case a manager took a name over
            throw e;
        }
    }

    private void deployOwn(Live from, Live to) {
        Map<String, CertifiedKey> present = from.serving().certificates();
        to.serving().certificates().forEach((name, key) -> {
            if (!key.equals(present.get(name))) {
                rooms.deployments().deployOwn(name, key);
            }
        });
    }

    private void withdrawOwn(Live next) {
        before.serving().certificates().forEach((name, key) -> {
            if (!next.serving().certificates().containsKey(name)) {
                rooms.deployments().withdrawOwn(name, key);
            }
        });
    }

    /** In the background: the deadline may be long after the update. */
    private int drainTunnels(Live next, Duration drain) {
        Tunnels.Leaving leaving = rooms.tunnels().leaving(next::keeps);
        int draining = leaving.count();
        leaving.drain(drain);
        IdentityHashMap<RouteEntry, Optional<RouteEntry>> past = past(next);
        if (!past.isEmpty()) {
            rooms.later(drain, () -> {
                leaving.cut();
                cutLate(past);
            });
        }
        return draining;
    }

    /** The routes that are no longer, and what has their name now. By identity: an equal one may come back. */
    @SuppressWarnings("ReferenceEquality")
    private IdentityHashMap<RouteEntry, Optional<RouteEntry>> past(Live next) {
        IdentityHashMap<RouteEntry, Optional<RouteEntry>> past = new IdentityHashMap<>();
        before.entries().byName().forEach((name, entry) -> {
            RouteEntry now = next.entries().byName().get(name);
            if (now != entry) {
                past.put(entry, Optional.ofNullable(now));
            }
        });
        return past;
    }

    /** Tunnels whose request was on its way when the others were picked. */
    private void cutLate(IdentityHashMap<RouteEntry, Optional<RouteEntry>> past) {
        rooms.tunnels()
                .leaving((route, upstream) -> {
                    Optional<RouteEntry> now = past.get(route);
                    return now == null || Live.keeps(route, now.orElse(null), upstream);
                })
                .cut();
    }

    @SuppressWarnings("ReferenceEquality") // a route that did not change is the same object
    private UpdateReport report(Live next, int tunnelsKept, int tunnelsDraining) {
        Map<String, RouteEntry> gone = new LinkedHashMap<>(before.entries().byName());
        List<String> kept = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        List<String> added = new ArrayList<>();
        next.entries().byName().forEach((name, entry) -> {
            RouteEntry present = gone.remove(name);
            (present == null ? added : present == entry ? kept : changed).add(name);
        });
        return new UpdateReport(kept, changed, added, List.copyOf(gone.keySet()), tunnelsKept, tunnelsDraining);
    }
}
