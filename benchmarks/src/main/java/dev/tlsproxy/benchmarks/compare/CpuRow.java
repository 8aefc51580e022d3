package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * CPU time of the proxy for a unit of work. All contenders run side by side and are measured in turn, round after round, so
 * that a slow minute of the machine meets all of them.
 *
 * @param key for {@code --only}
 * @param title what the unit is
 * @param divisor 1 for microseconds, 1000 for milliseconds
 * @param load makes the units
 */
record CpuRow(String key, String title, double divisor, Load load) implements Row {

    @Override
    public Figures measure(Bench bench) {
        return measure(bench, bench.contenders());
    }

    /** The same for other contenders than the table's. */
    Figures measure(Bench bench, List<? extends Contender> contenders) {
        Map<Contender, RunningProxy> running = new LinkedHashMap<>();
        try {
            for (Contender contender : contenders) {
                running.put(contender, contender.start(bench.scene()));
            }
            running.forEach((contender, proxy) -> bench.warmUp(contender, proxy, load));
            Figures figures = new Figures();
            for (int round = 0; round < bench.rounds(); round++) {
                running.forEach((contender, proxy) ->
                        figures.add(contender.name(), bench.cpuMicrosPerUnit(proxy, load) / divisor));
            }
            return figures;
        } finally {
            new ArrayList<>(running.values()).forEach(RunningProxy::close);
        }
    }
}
