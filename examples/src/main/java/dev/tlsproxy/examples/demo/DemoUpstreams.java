package dev.tlsproxy.examples.demo;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import org.xnio.Options;

/** The three upstreams, each on a free port of 127.0.0.1. */
public final class DemoUpstreams implements AutoCloseable {

    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration LIVE_PERIOD = Duration.ofMillis(500);

    private final LiveUpstream live;
    private final Undertow server;

    private DemoUpstreams(Swarms swarms) {
        live = new LiveUpstream(swarms, LIVE_PERIOD);
        server = Undertow.builder()
                .addListener(listener(new ApiUpstream(swarms)))
                .addListener(listener(new TrackerUpstream(swarms)))
                .addListener(listener(live))
                .setHandler(exchange -> exchange.setStatusCode(404))
                .setIoThreads(1)
                .setWorkerThreads(1)
                .setWorkerOption(Options.THREAD_DAEMON, true)
                // the tracker reads the query's bytes by itself
                .setServerOption(UndertowOptions.DECODE_URL, false)
                .build();
    }

    /**
     * Starts the three.
     *
     * @return them, running
     */
    public static DemoUpstreams start() {
        return start(Clock.systemUTC());
    }

    static DemoUpstreams start(Clock clock) {
        DemoUpstreams upstreams = new DemoUpstreams(new Swarms(clock));
        upstreams.server.start();
        upstreams.live.start();
        return upstreams;
    }

    /**
     * Where the JSON API is.
     *
     * @return its URI
     */
    public String api() {
        return uri(0);
    }

    /**
     * Where the HTTP tracker is.
     *
     * @return its URI
     */
    public String tracker() {
        return uri(1);
    }

    /**
     * Where the live page is.
     *
     * @return its URI
     */
    public String live() {
        return uri(2);
    }

    /** Stops the three; WebSockets are cut. */
    @Override
    public void close() {
        live.close();
        server.stop();
    }

    private String uri(int listener) {
        InetSocketAddress address =
                (InetSocketAddress) server.getListenerInfo().get(listener).getAddress();
        return "http://" + LOOPBACK + ":" + address.getPort();
    }

    private static Undertow.ListenerBuilder listener(HttpHandler handler) {
        return new Undertow.ListenerBuilder()
                .setType(Undertow.ListenerType.HTTP)
                .setHost(LOOPBACK)
                .setPort(0)
                .setRootHandler(handler);
    }
}
