package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.spi.ProxyEvents;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.XnioIoThread;

/** Tells the user of upstreams that go down and come up: in order, on one I/O thread, with one log line each. */
final class HealthReport {

    private static final Logger LOG = LoggerFactory.getLogger(HealthReport.class);

    private final ProxyEvents events;
    private final XnioIoThread thread;

    HealthReport(ProxyEvents events, XnioIoThread thread) {
        this.events = events;
        this.thread = thread;
    }

    /** A listener for one upstream. */
    UpstreamHealth.Listener of(String upstream) {
        return new UpstreamHealth.Listener() {
            @Override
            public void down(String reason) {
                LOG.warn("upstream {} is down: {}", upstream, reason);
                tell("upstreamDown", heard -> heard.upstreamDown(upstream, reason));
            }

            @Override
            public void up(String reason) {
                LOG.info("upstream {} is up: {}", upstream, reason);
                tell("upstreamUp", heard -> heard.upstreamUp(upstream, reason));
            }
        };
    }

    /** Not in the caller's place: it holds a lock. */
    private void tell(String event, Consumer<ProxyEvents> call) {
        UpstreamState.execute(thread, () -> {
            try {
                call.accept(events);
            } catch (RuntimeException e) {
                LOG.error("ProxyEvents.{} failed", event, e);
            }
        });
    }
}
