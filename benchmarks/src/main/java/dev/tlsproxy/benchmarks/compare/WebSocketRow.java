package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

/** How much longer a WebSocket message of 100 bytes and its echo take through the proxy than without it. */
record WebSocketRow() implements Row {

    private static final int WARM_UP_MESSAGES = 20_000;
    private static final int MESSAGES = 4_000;

    @Override
    public String key() {
        return "websocket";
    }

    @Override
    public String title() {
        return "WebSocket round trip, added (us)";
    }

    @Override
    public Figures measure(Bench bench) {
        SSLContext context = TlsClient.trusting(bench.scene().chain());
        try (Running running = Running.start(bench, bench.contenders());
                TlsClient direct =
                        TlsClient.connectPlain(bench.scene().javaPort()).upgrade()) {
            medianMicros(direct, WARM_UP_MESSAGES);
            running.each((contender, proxy) -> {
                try (TlsClient client = TlsClient.connect(context, proxy.port()).upgrade()) {
                    medianMicros(client, WARM_UP_MESSAGES);
                }
            });
            Figures figures = new Figures();
            for (int round = 0; round < bench.rounds(); round++) {
                double without = medianMicros(direct, MESSAGES);
                running.each((contender, proxy) -> {
                    try (TlsClient client =
                            TlsClient.connect(context, proxy.port()).upgrade()) {
                        figures.add(contender.name(), medianMicros(client, MESSAGES) - without);
                    }
                });
            }
            return figures;
        }
    }

    private static double medianMicros(TlsClient client, int messages) {
        List<Double> micros = new ArrayList<>(messages);
        for (int i = 0; i < messages; i++) {
            micros.add(client.roundTripNanos() / 1000.0);
        }
        return Figures.medianOf(micros);
    }
}
