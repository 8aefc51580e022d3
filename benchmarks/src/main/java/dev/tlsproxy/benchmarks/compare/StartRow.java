package dev.tlsproxy.benchmarks.compare;

import java.util.List;
import java.util.Map;

/** Time from the start of the process, on both cores, to the end of a first answer by X25519MLKEM768. */
record StartRow() implements Row {

    @Override
    public String key() {
        return "start";
    }

    @Override
    public String title() {
        return "process start to first answer, 2 cores (ms)";
    }

    @Override
    public Figures measure(Bench bench) {
        Figures figures = new Figures();
        for (int round = 0; round < bench.rounds(); round++) {
            for (Contender contender : bench.contenders()) {
                long start = System.nanoTime();
                try (RunningProxy proxy = contender.start(bench.scene(), false)) {
                    String url = "https://" + Scene.HOST + ":" + proxy.port() + "/";
                    bench.scene().peers().run(List.of("curl", "-sSk", "--fail", "--http1.1", url), Map.of());
                    figures.add(contender.name(), (System.nanoTime() - start) / 1e6);
                }
            }
        }
        return figures;
    }
}
