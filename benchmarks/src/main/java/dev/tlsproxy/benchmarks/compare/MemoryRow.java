package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;

/**
 * Growth of the proxy's processes (proportional set size) for each connection that is open and idle. What the handshakes
 * leave as garbage is there before the first reading: so many connections came and went by then that a JVM has touched
 * its young generation from end to end.
 *
 * @param key for {@code --only}
 * @param title what the connection is
 * @param prepare brings a new connection into the state it idles in
 * @param use shows that a connection is still there
 */
record MemoryRow(String key, String title, UnaryOperator<TlsClient> prepare, Consumer<TlsClient> use) implements Row {

    private static final int CONNECTIONS = 2_000;

    @Override
    public Figures measure(Bench bench) {
        SSLContext context = TlsClient.trusting(bench.scene().chain());
        Figures figures = new Figures();
        for (Contender contender : bench.contenders()) {
            try (RunningProxy proxy = contender.start(bench.scene())) {
                bench.warmUp(contender, proxy, Load.newConnections());
                figures.add(contender.name(), kilobytesEach(proxy, context));
            }
        }
        return figures;
    }

    private double kilobytesEach(RunningProxy proxy, SSLContext context) {
        Deque<TlsClient> open = new ArrayDeque<>();
        try {
            open.add(prepare.apply(TlsClient.connect(context, proxy.port())));
            long before = proxy.pssKilobytes();
            for (int i = 0; i < CONNECTIONS; i++) {
                open.add(prepare.apply(TlsClient.connect(context, proxy.port())));
            }
            long after = proxy.pssKilobytes();
            // a proxy that closed the oldest would be praised for it
            use.accept(open.getFirst());
            return (double) (after - before) / CONNECTIONS;
        } finally {
            open.forEach(TlsClient::close);
        }
    }
}
