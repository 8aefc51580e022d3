package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.ExchangeFilter.Exchange;
import dev.tlsproxy.spi.UpgradeHandler;
import dev.tlsproxy.websocket.Slots.Slot;
import dev.tlsproxy.websocket.TunnelBudget.Limit;
import dev.tlsproxy.websocket.TunnelBudget.Refusal;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The WebSocket policy of a route, for {@code Route.upgrades}:
 *
 * <pre>{@code
 * Route.of("grafana.example.com")
 *         .to("http://127.0.0.1:3000")
 *         .upgrades(WebSockets.defaults()
 *                 .allowedOrigins("https://grafana.example.com")
 *                 .keepAlive(Duration.ofSeconds(30))
 *                 .maxTunnelsPerClient(20));
 * }</pre>
 *
 * <p>A request with another {@code Sec-WebSocket-Version} than 13 is refused with 426, one without a proper
 * {@code Sec-WebSocket-Key} with 400, before the upstream hears of it. In the tunnel each frame is held to RFC 6455
 * section 5: one that breaks it never passes, and close frames with 1002 go to both sides, with 1007 where it is a close
 * frame's reason that is not UTF-8. Payload passes untouched, and
 * so do permessage-deflate and other extensions; whether text is UTF-8 is for its receiver to check.
 *
 * <p>When the proxy closes a tunnel, close frames go to both sides, each between two frames, and no frame follows them:
 * 1001 when a time is over or the proxy closes, 1009 for a frame or message too large, 1008 for a subprotocol that is not
 * allowed. When the route changes, clients are told 1012 (come again) and the upstream 1001. On a drain data goes on
 * until a quarter of its time, or the close time-out where that is less, is left.
 *
 * <p>Unless something else is set nothing ends a healthy tunnel: no idle time-out, no lifetime, no limits, no pings.
 *
 * <p>Immutable; each method returns a new policy. Equal to a policy with equal settings. For all threads.
 */
public final class WebSockets implements UpgradeHandler {

    private static final Duration MIN = Duration.ofMillis(1);
    private static final Duration MIN_KEEP_ALIVE = Duration.ofSeconds(1);

    private final Settings settings;
    private final RandomGenerator random;
    private final Slots routes = new Slots();
    private final Slots clients = new Slots();
    private final Tally tally = new Tally();

    WebSockets(Settings settings, RandomGenerator random) {
        this.settings = settings;
        this.random = random;
    }

    /**
     * A policy that checks handshakes and frames, and limits nothing.
     *
     * @return the policy
     */
    public static WebSockets defaults() {
        return new WebSockets(Settings.DEFAULTS, new SecureRandom());
    }

    /**
     * Lets in pages of these origins only; others are refused with 403. Requests without {@code Origin} do not come from
     * pages and pass. Default: all origins.
     *
     * @param origins as for {@link AllowedOrigins#of}
     * @return a new policy
     * @throws IllegalArgumentException as there
     */
    public WebSockets allowedOrigins(String... origins) {
        AllowedOrigins allowed = AllowedOrigins.of(origins);
        return with(draft -> draft.origins = Optional.of(allowed));
    }

    /**
     * Allows these subprotocols only. Others are taken out of what the client offers to the upstream; where none is left
     * of some, the request is refused with 403. A client that offers none passes. A tunnel for which the upstream
     * chooses another one all the same is closed with 1008. Default: all.
     *
     * @param names at least one, compared with regard to case, such as {@code mqtt}
     * @return a new policy
     * @throws IllegalArgumentException when there is none, or one is no RFC 9110 token
     */
    public WebSockets subprotocols(String... names) {
        if (names.length == 0) {
            throw new IllegalArgumentException("subprotocols: none (expected: at least one)");
        }
        for (String name : names) {
            if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
                throw new IllegalArgumentException("subprotocol: \"" + name + "\" (expected: an RFC 9110 token)");
            }
        }
        Set<String> all = Set.copyOf(new LinkedHashSet<>(List.of(names)));
        return with(draft -> draft.subprotocols = all);
    }

    /**
     * Limits how many tunnels a route may have open or opening; more are refused with 503 and {@code Retry-After}. Counted
     * by this object, so an update with another one begins at zero: a {@link #budget} goes on. Default: no limit.
     *
     * @param max at least 1
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets maxTunnels(int max) {
        int checked = Settings.atLeastOne("maxTunnels", max);
        return with(draft -> draft.maxTunnels = checked);
    }

    /**
     * Limits how many tunnels of a route may be one client's; more are refused with 429 and {@code Retry-After}. IPv6
     * clients are told apart by their /64 network. Default: no limit.
     *
     * @param max at least 1
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets maxTunnelsPerClient(int max) {
        int checked = Settings.atLeastOne("maxTunnelsPerClient", max);
        return with(draft -> draft.maxTunnelsPerClient = checked);
    }

    /**
     * Limits that this policy shares with others. Default: none.
     *
     * @param budget the shared limits
     * @return a new policy
     */
    public WebSockets budget(TunnelBudget budget) {
        Objects.requireNonNull(budget, "budget");
        return with(draft -> draft.budget = Optional.of(budget));
    }

    /**
     * Closes a tunnel with 1001 when no data frame has passed for that time in either direction. Pings and pongs are no
     * data. Default: never.
     *
     * @param timeout 1 ms to 365 days
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets idleTimeout(Duration timeout) {
        Duration checked = Settings.duration("idleTimeout", timeout, MIN);
        return with(draft -> draft.idleTimeout = Optional.of(checked));
    }

    /**
     * Closes a tunnel with 1001 when it has been open for that time, between two messages where that comes within the
     * close time-out. Default: never.
     *
     * @param lifetime 1 ms to 365 days
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets lifetime(Duration lifetime) {
        Duration checked = Settings.duration("lifetime", lifetime, MIN);
        return with(draft -> draft.lifetime = Optional.of(checked));
    }

    /**
     * Sends a ping to each side from which nothing has come for that time, so that nothing on the way forgets the
     * connection, and closes the tunnel with 1001 when still nothing has come after as long again. Answers to these pings
     * do not pass. 30 s suits most middleboxes. Default: no pings.
     *
     * @param interval 1 s to 365 days
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets keepAlive(Duration interval) {
        Duration checked = Settings.duration("keepAlive", interval, MIN_KEEP_ALIVE);
        return with(draft -> draft.keepAlive = Optional.of(checked));
    }

    /**
     * Sets how long a close handshake may take before the connections are closed as they are. Default: 5 s.
     *
     * @param timeout 1 ms to 365 days
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets closeTimeout(Duration timeout) {
        Duration checked = Settings.duration("closeTimeout", timeout, MIN);
        return with(draft -> draft.closeTimeout = checked);
    }

    /**
     * Closes a tunnel with 1009 on a larger frame. Default: no limit; a frame needs no memory here.
     *
     * @param bytes most payload bytes on the wire, compressed or not; at least 1
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets maxFrame(long bytes) {
        long checked = Settings.atLeastOne("maxFrame", bytes);
        return with(draft -> draft.maxFrame = checked);
    }

    /**
     * Closes a tunnel with 1009 on a larger message, at the frame that makes it so. Default: no limit.
     *
     * @param bytes most payload bytes of all frames of a message on the wire, compressed or not; at least 1
     * @return a new policy
     * @throws IllegalArgumentException when out of range
     */
    public WebSockets maxMessage(long bytes) {
        long checked = Settings.atLeastOne("maxMessage", bytes);
        return with(draft -> draft.maxMessage = checked);
    }

    /**
     * Tells of each tunnel. Default: nobody.
     *
     * @param events the listener
     * @return a new policy
     */
    public WebSockets events(WebSocketEvents events) {
        Objects.requireNonNull(events, "events");
        return with(draft -> draft.events = events);
    }

    /**
     * The tunnels that this object, not an equal one, has let in.
     *
     * @return a snapshot
     */
    public WebSocketCounts counts() {
        return tally.counts();
    }

    @Override
    public Decision decide(Exchange exchange) {
        return Handshake.check(exchange, settings).orElseGet(() -> admitted(exchange));
    }

    private Decision admitted(Exchange exchange) {
        InetAddress client = exchange.clientAddress();
        String route = exchange.route();
        List<Limit> limits = new ArrayList<>();
        limits.add(
                new Limit(clients, List.of(route, Slots.client(client)), settings.maxTunnelsPerClient(), Limit.CLIENT));
        limits.add(new Limit(routes, route, settings.maxTunnels(), Limit.ALL));
        settings.budget().ifPresent(budget -> limits.addAll(budget.limits(client)));
        List<Slot> taken = new ArrayList<>();
        for (Limit limit : limits) {
            Slot slot = limit.take();
            if (slot == null) {
                taken.forEach(Slot::giveBack);
                Refusal refusal = limit.refusal();
                return Decision.refuse(refusal.status(), refusal.reason(), Refusal.FIELDS);
            }
            taken.add(slot);
        }
        List<Tally> tallies = new ArrayList<>(List.of(tally));
        settings.budget().ifPresent(budget -> tallies.add(budget.tally()));
        Report report = new Report(route, client, List.copyOf(tallies), settings.events());
        return Decision.pass(new WebSocketTunnel(settings, () -> taken.forEach(Slot::giveBack), report, random));
    }

    private WebSockets with(Consumer<Settings.Draft> change) {
        return new WebSockets(settings.with(change), random);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WebSockets policy && policy.settings.equals(settings);
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }
}
