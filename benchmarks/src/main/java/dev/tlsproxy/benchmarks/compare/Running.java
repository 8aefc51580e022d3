package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Proxies that run side by side, to be measured in turn. */
final class Running implements AutoCloseable {

    private final Map<Contender, RunningProxy> proxies = new LinkedHashMap<>();

    private Running() {}

    static Running start(Bench bench, List<? extends Contender> contenders) {
        Running running = new Running();
        try {
            for (Contender contender : contenders) {
                running.proxies.put(contender, contender.start(bench.scene()));
            }
            return running;
        } catch (RuntimeException e) {
            running.close();
            throw e;
        }
    }

    void each(BiConsumer<Contender, RunningProxy> action) {
        proxies.forEach(action);
    }

    @Override
    public void close() {
        new ArrayList<>(proxies.values()).forEach(RunningProxy::close);
    }
}
