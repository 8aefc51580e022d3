package dev.tlsproxy;

import dev.tlsproxy.internal.http.RouteEntry;
import dev.tlsproxy.spi.CertifiedKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        rooms.deployments().expect(next.names().all());
        return report(next);
    }

    /** Certificates before routes: a new name is never without one. */
    private void serveNames(Live next) {
        Deployments deployments = rooms.deployments();
        deployments.expect(next.names().all());
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

    private UpdateReport report(Live next) {
        Map<String, RouteEntry> gone = new LinkedHashMap<>(before.entries().byName());
        List<String> kept = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        List<String> added = new ArrayList<>();
        next.entries().byName().forEach((name, entry) -> {
            RouteEntry present = gone.remove(name);
            (present == null ? added : present == entry ? kept : changed).add(name);
        });
        return new UpdateReport(kept, changed, added, List.copyOf(gone.keySet()), 0, 0);
    }
}
