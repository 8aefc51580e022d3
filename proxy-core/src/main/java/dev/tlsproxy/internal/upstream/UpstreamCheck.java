package dev.tlsproxy.internal.upstream;

import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/** Checks one upstream again and again, on one I/O thread, until it is stopped. Takes it for up at first. */
final class UpstreamCheck {

    private final UpstreamAddress upstream;
    private final CheckConfig config;
    private final UpstreamConnector connector;
    private final XnioIoThread thread;
    private final UpstreamHealth health;
    private final RandomGenerator random;
    private final CheckCount count;
    private XnioExecutor.@Nullable Key timer; // these three guarded by this
    private @Nullable CheckProbe probe;
    private boolean stopped;

    UpstreamCheck(
            UpstreamAddress upstream,
            CheckConfig config,
            UpstreamConnector connector,
            XnioIoThread thread,
            UpstreamHealth health,
            RandomGenerator random) {
        this.upstream = upstream;
        this.config = config;
        this.connector = connector;
        this.thread = thread;
        this.health = health;
        this.random = random;
        this.count = new CheckCount(config.rise(), config.fall());
    }

    void start() {
        UpstreamState.execute(thread, this::probe);
    }

    private synchronized void probe() {
        if (!stopped) {
            CheckProbe next = new CheckProbe(upstream, config, connector, thread, this::ended);
            probe = next;
            next.start();
        }
    }

    private synchronized void ended(Optional<String> fault) {
        if (stopped) {
            return;
        }
        if (fault.isEmpty()) {
            health.connectWorked();
        }
        switch (count.add(fault.isEmpty())) {
            case DOWN -> health.checkedDown(config, "health check " + config.shownPath() + ": " + fault.orElse(""));
            case UP -> health.checkedUp(config, "health check " + config.shownPath() + " passed");
            case SAME -> {}
        }
        // a tenth more or less: many proxies that were started together do not go on to ask together
        long pause = (long) (config.interval().toNanos() * (0.9 + 0.2 * random.nextDouble()));
        timer = Timers.after(thread, pause, this::probe);
    }

    /** Ends it from any thread, and takes back what it has said: its upstream is checked otherwise or not at all. */
    synchronized void forget() {
        stop();
        if (count.isDown()) {
            health.checkedUp(config, "is checked no longer");
        }
    }

    /** Ends it from any thread. */
    synchronized void stop() {
        stopped = true;
        if (timer != null) {
            timer.remove();
        }
        CheckProbe last = probe;
        if (last != null) {
            UpstreamState.execute(thread, last::abandon);
        }
    }
}
