package dev.tlsproxy.benchmarks.compare;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The 99th percentile of 100 keep-alive clients while others make new connections, over that of the same clients alone. */
record StormRow() implements Row {

    private static final int CLIENTS = 100;

    @Override
    public String key() {
        return "storm";
    }

    @Override
    public String title() {
        return "p99 of 100 keep-alive clients in a handshake storm, over that alone (times)";
    }

    @Override
    public Figures measure(Bench bench) {
        Figures figures = new Figures();
        try (Running running = Running.start(bench, bench.contenders())) {
            running.each((contender, proxy) -> {
                bench.warmUp(contender, proxy, Load.newConnections());
                bench.warmUp(contender, proxy, Load.keepAlive());
            });
            for (int round = 0; round < bench.rounds(); round++) {
                running.each((contender, proxy) -> {
                    double alone = p99Millis(bench, proxy);
                    figures.add(contender.name(), inStorm(bench, proxy) / alone);
                });
            }
        }
        return figures;
    }

    private static double inStorm(Bench bench, RunningProxy proxy) {
        CompletableFuture<Long> storm = CompletableFuture.supplyAsync(
                () -> Load.newConnections().run(bench.scene().peers(), proxy.port(), bench.seconds() + 1));
        Launch.pause(500);
        double p99 = p99Millis(bench, proxy);
        storm.join();
        return p99;
    }

    private static double p99Millis(Bench bench, RunningProxy proxy) {
        List<String> command = Load.wrkCommand(proxy.port(), bench.seconds(), CLIENTS, "--latency");
        return WrkReport.parse(bench.scene().peers().run(command, Map.of())).p99Millis();
    }
}
