package dev.tlsproxy.benchmarks.compare;

import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What rows are measured with.
 *
 * @param scene certificate and upstreams
 * @param contenders the proxies to compare
 * @param warmUpSeconds of CPU time, for those that compile while they run
 * @param seconds of one measurement
 * @param rounds of measurements
 */
record Bench(Scene scene, List<Contender> contenders, int warmUpSeconds, int seconds, int rounds) {

    List<OurJar> ours() {
        return contenders.stream()
                .filter(OurJar.class::isInstance)
                .map(OurJar.class::cast)
                .toList();
    }

    /** The same with other contenders. */
    Bench with(List<Contender> others) {
        return new Bench(scene, others, warmUpSeconds, seconds, rounds);
    }

    /** Loads a proxy until it has had its CPU time, which a busy machine gives it late: up to five times as late. */
    void warmUp(Contender contender, RunningProxy proxy, Load load) {
        if (!contender.compilesWhileRunning()) {
            load.run(scene.peers(), proxy.port(), 1);
            return;
        }
        long enough = proxy.cpuMicros() + TimeUnit.SECONDS.toMicros(warmUpSeconds);
        long tooLate = System.nanoTime() + TimeUnit.SECONDS.toNanos(5L * warmUpSeconds);
        while (proxy.cpuMicros() < enough && System.nanoTime() < tooLate) {
            load.run(scene.peers(), proxy.port(), 2);
        }
    }

    /** CPU microseconds of the proxy for each unit of work. */
    double cpuMicrosPerUnit(RunningProxy proxy, Load load) {
        long before = proxy.cpuMicros();
        long units = load.run(scene.peers(), proxy.port(), seconds);
        return (double) (proxy.cpuMicros() - before) / units;
    }
}
