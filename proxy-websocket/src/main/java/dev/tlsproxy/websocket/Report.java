package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.websocket.WebSocketCounts.Traffic;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The figures of one tunnel on their way to counters and events. */
final class Report {

    private static final Logger LOG = LoggerFactory.getLogger(Report.class);

    private final String route;
    private final InetAddress client;
    private final List<Tally> tallies;
    private final WebSocketEvents events;
    private long since;
    private long clientMessages;
    private long clientBytes;
    private long upstreamMessages;
    private long upstreamBytes;

    Report(String route, InetAddress client, List<Tally> tallies, WebSocketEvents events) {
        this.route = route;
        this.client = client;
        this.tallies = tallies;
        this.events = events;
    }

    void opened(long nanoTime) {
        since = nanoTime;
        tallies.forEach(Tally::opened);
        tell(listener -> listener.tunnelOpened(route, client));
    }

    void data(Side from, int bytes, boolean messageEnded) {
        int messages = messageEnded ? 1 : 0;
        if (from == Side.CLIENT) {
            clientBytes += bytes;
            clientMessages += messages;
        } else {
            upstreamBytes += bytes;
            upstreamMessages += messages;
        }
        for (Tally tally : tallies) {
            tally.data(from, bytes, messageEnded);
        }
    }

    void closed(long nanoTime, Farewell farewell) {
        tallies.forEach(Tally::closed);
        WebSocketSummary summary = new WebSocketSummary(
                route,
                client,
                new Traffic(clientMessages, clientBytes),
                new Traffic(upstreamMessages, upstreamBytes),
                farewell.leg(Side.CLIENT).received,
                farewell.leg(Side.UPSTREAM).received,
                farewell.leg(Side.CLIENT).sentByProxy,
                farewell.leg(Side.UPSTREAM).sentByProxy,
                farewell.begunBy(),
                farewell.reason(),
                Duration.ofNanos(nanoTime - since));
        tell(listener -> listener.tunnelClosed(summary));
    }

    private void tell(Consumer<WebSocketEvents> call) {
        try {
            call.accept(events);
        } catch (RuntimeException e) {
            LOG.error("WebSocketEvents of route {} failed", route, e);
        }
    }
}
