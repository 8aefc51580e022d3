package dev.tlsproxy.internal.upstream;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.xnio.XnioWorker;

/** The health checks of a pool: one for each upstream and configuration, however many routes have it. Thread-safe. */
final class HealthChecks {

    private final XnioWorker worker;
    private final UpstreamConnector connector;
    private final RandomGenerator random;
    private final Map<Key, UpstreamCheck> running = new HashMap<>(); // guarded by this
    private boolean closed; // guarded by this

    HealthChecks(XnioWorker worker, UpstreamConnector connector, RandomGenerator random) {
        this.worker = worker;
        this.connector = connector;
        this.random = random;
    }

    /** Makes the checks of these groups and no others. One that goes on keeps what it has found. */
    synchronized void retain(Collection<UpstreamGroup> groups, Function<UpstreamAddress, UpstreamHealth> health) {
        Set<Key> wanted = new HashSet<>();
        for (UpstreamGroup group : groups) {
            CheckConfig config = group.check();
            if (config != null && !closed) {
                group.addresses().forEach(address -> wanted.add(new Key(address, config)));
            }
        }
        running.entrySet().removeIf(check -> {
            boolean gone = !wanted.contains(check.getKey());
            if (gone) {
                check.getValue().forget();
            }
            return gone;
        });
        wanted.forEach(key -> running.computeIfAbsent(key, added -> begun(added, health)));
    }

    private UpstreamCheck begun(Key key, Function<UpstreamAddress, UpstreamHealth> health) {
        UpstreamCheck check = new UpstreamCheck(
                key.upstream(), key.config(), connector, worker.getIoThread(), health.apply(key.upstream()), random);
        check.start();
        return check;
    }

    synchronized void close() {
        closed = true;
        running.values().forEach(UpstreamCheck::stop);
        running.clear();
    }

    private record Key(UpstreamAddress upstream, CheckConfig config) {}
}
