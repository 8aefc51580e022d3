package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;

/**
 * CPU time of the first 1,000 new connections after the start, over that when warm: each round with a new start, all over
 * the last.
 *
 * @param warmedUp whether it is given the time to say that it is warm before
 */
record FirstConnectionsRow(boolean warmedUp) implements Row {

    private static final int COUNT = 1_000;

    @Override
    public String key() {
        return warmedUp ? "first-1000-ready" : "first-1000";
    }

    @Override
    public String title() {
        return "the first 1,000 new connections" + (warmedUp ? " after the warm-up" : "")
                + ", over 1,000 when warm (times CPU)";
    }

    @Override
    public Figures measure(Bench bench) {
        Figures figures = new Figures();
        for (Contender contender : bench.contenders()) {
            List<Double> cold = new ArrayList<>();
            for (int round = 1; round < bench.rounds(); round++) {
                try (RunningProxy proxy = start(bench, contender)) {
                    cold.add(firstMicrosEach(bench, proxy));
                }
            }
            try (RunningProxy proxy = start(bench, contender)) {
                cold.add(firstMicrosEach(bench, proxy));
                bench.warmUp(contender, proxy, Load.newConnections());
                double warm = bench.cpuMicrosPerUnit(proxy, Load.newConnections());
                cold.forEach(each -> figures.add(contender.name(), each / warm));
            }
        }
        return figures;
    }

    private RunningProxy start(Bench bench, Contender contender) {
        return warmedUp ? contender.startWarmedUp(bench.scene()) : contender.start(bench.scene());
    }

    /** In short turns until the number is reached, so by a fast proxy some more. */
    private static double firstMicrosEach(Bench bench, RunningProxy proxy) {
        long before = proxy.cpuMicros();
        long made = 0;
        while (made < COUNT) {
            made += Load.newConnections().run(bench.scene().peers(), proxy.port(), 1);
        }
        return (double) (proxy.cpuMicros() - before) / made;
    }
}
