package dev.tlsproxy.websocket;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits for several routes together, and across updates: keep one object and give it to each policy with
 * {@link WebSockets#budget}. For all threads.
 */
public final class TunnelBudget {

    private static final String ALL = "";

    private final int max;
    private final int maxPerClient;
    private final Slots all = new Slots();
    private final Slots clients = new Slots();
    private final Tally tally = new Tally();

    private TunnelBudget(int max, int maxPerClient) {
        this.max = max;
        this.maxPerClient = maxPerClient;
    }

    /**
     * A budget for tunnels in all.
     *
     * @param maxTunnels how many may be open or opening at once, at least 1
     * @return the budget
     * @throws IllegalArgumentException when out of range
     */
    public static TunnelBudget of(int maxTunnels) {
        return of(maxTunnels, Integer.MAX_VALUE);
    }

    /**
     * A budget for tunnels in all and for each client address.
     *
     * @param maxTunnels how many may be open or opening at once, at least 1
     * @param maxTunnelsPerClient how many of them may be one client's, at least 1; IPv6 clients are told apart by their
     *     /64 network
     * @return the budget
     * @throws IllegalArgumentException when out of range
     */
    public static TunnelBudget of(int maxTunnels, int maxTunnelsPerClient) {
        return new TunnelBudget(
                Settings.atLeastOne("maxTunnels", maxTunnels),
                Settings.atLeastOne("maxTunnelsPerClient", maxTunnelsPerClient));
    }

    /**
     * The tunnels of all policies that share this budget.
     *
     * @return a snapshot
     */
    public WebSocketCounts counts() {
        return tally.counts();
    }

    Tally tally() {
        return tally;
    }

    List<Limit> limits(InetAddress client) {
        return List.of(
                new Limit(clients, Slots.client(client), maxPerClient, Limit.CLIENT),
                new Limit(all, ALL, max, Limit.ALL));
    }

    /** One limit, as it is for one request. */
    record Limit(Slots slots, Object holder, int max, Refusal refusal) {

        static final Refusal CLIENT = new Refusal(429, "too many tunnels of this client");
        static final Refusal ALL = new Refusal(503, "too many tunnels");

        Slots.@Nullable Slot take() {
            return slots.take(holder, max);
        }
    }

    /** What a client is told where a limit is met. */
    record Refusal(int status, String reason) {

        static final Map<String, String> FIELDS = Map.of("Retry-After", "10");
    }
}
