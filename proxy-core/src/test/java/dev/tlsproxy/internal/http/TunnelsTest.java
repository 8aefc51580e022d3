package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.Tunnel.DrainReason;
import dev.tlsproxy.spi.UpgradeHandler;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TunnelsTest {

    private static final UpstreamAddress ADDRESS = new UpstreamAddress(URI.create("http://127.0.0.1:9"), null);
    private static final RouteEntry LIVE = route("live.localhost");
    private static final RouteEntry CHAT = route("chat.localhost");
    private static final Predicate<RouteEntry> ALL = route -> true;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final AtomicLong now = new AtomicLong(-500);
    private final Tunnels tunnels = new Tunnels(now::get);

    @Test
    void countsOpenTunnelsOnlyAndByTheirRoutes() {
        place(LIVE).open = true;
        place(LIVE).open = true;
        place(CHAT).open = true;
        place(CHAT);

        assertThat(tunnels.count()).isEqualTo(3);
        assertThat(tunnels.count(LIVE::equals)).isEqualTo(2);
        assertThat(tunnels.count(CHAT::equals)).isEqualTo(1);
    }

    @Test
    void drainsThoseOfTheRouteAlsoWhileTheyAreOpening() {
        Place open = place(LIVE);
        open.open = true;
        Place opening = place(LIVE);
        Place other = place(CHAT);

        tunnels.drain(LIVE::equals, DrainReason.PROXY_CLOSES, Duration.ofNanos(900));

        assertThat(open.calls).containsExactly("drain PROXY_CLOSES until 400");
        assertThat(opening.calls).containsExactly("drain PROXY_CLOSES until 400");
        assertThat(other.calls).isEmpty();
    }

    @Test
    void cutsWhatIsOpeningButCountsOpenOnes() {
        Place open = place(LIVE);
        open.open = true;
        Place opening = place(LIVE);
        Place other = place(CHAT);
        other.open = true;

        assertThat(tunnels.cut(LIVE::equals)).isEqualTo(1);

        assertThat(open.calls).containsExactly("cut");
        assertThat(opening.calls).containsExactly("cut");
        assertThat(other.calls).isEmpty();
    }

    @Test
    void picksTunnelsThatLeaveOnce() {
        Place open = place(LIVE);
        open.open = true;
        open.address = Optional.of(ADDRESS);
        Place opening = place(LIVE);
        Place stays = place(CHAT);
        stays.open = true;

        Tunnels.Leaving leaving = tunnels.leaving((route, address) -> route.equals(CHAT));

        assertThat(leaving.count()).isEqualTo(1);
        assertThat(tunnels.staying()).isEqualTo(1);
        assertThat(tunnels.count()).isEqualTo(2);
        leaving.drain(Duration.ofNanos(600));
        leaving.cut();
        assertThat(open.calls).containsExactly("drain ROUTE_CHANGED until 100", "cut");
        assertThat(opening.calls).containsExactly("drain ROUTE_CHANGED until 100", "cut");
        assertThat(stays.calls).isEmpty();
        Tunnels.Leaving later = tunnels.leaving((route, address) -> false);
        assertThat(later.count()).isEqualTo(1);
        later.cut();
        assertThat(open.calls).hasSize(2);
        assertThat(stays.calls).containsExactly("cut");
    }

    @Test
    void asksByRouteAndTheUpstreamThatHasAnswered() {
        place(LIVE).address = Optional.of(ADDRESS);
        place(CHAT);
        List<String> asked = new ArrayList<>();

        tunnels.leaving((route, address) -> asked.add(route.name() + " " + address.map(UpstreamAddress::uri)));

        assertThat(asked)
                .containsExactlyInAnyOrder(
                        "live.localhost Optional[http://127.0.0.1:9]", "chat.localhost Optional.empty");
    }

    @Test
    void waitsForOpenAndOpeningTunnelsOfTheRouteOnly() throws Exception {
        Place last = place(LIVE);
        place(CHAT);
        CompletableFuture<Boolean> waiting = waiting(() -> tunnels.awaitNone(LIVE::equals, LONG));

        assertThat(waiting).isNotDone();
        tunnels.remove(last);

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(tunnels.awaitNone(ALL, Duration.ZERO)).isFalse();
    }

    @Test
    void waitsNoLongerThanToldByItsOwnTime() throws Exception {
        place(LIVE);
        CompletableFuture<Boolean> waiting = waiting(() -> tunnels.awaitNone(ALL, LONG));
        assertThat(waiting).isNotDone();

        now.addAndGet(LONG.toNanos());
        tunnels.remove(place(CHAT)); // wakes it up: its time is not the machine's here

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void waitsForThoseThatCanBeToldOnly() throws Exception {
        Place told = place(LIVE);
        told.filter = true;
        place(LIVE);
        assertThat(tunnels.awaitFiltered(Duration.ZERO)).isFalse();

        tunnels.remove(told);

        assertThat(tunnels.awaitFiltered(Duration.ZERO)).isTrue();
        assertThat(tunnels.awaitNone(ALL, Duration.ZERO)).isFalse();
    }

    @Test
    void losesNoneWhenManyComeAndGoAtOnce() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            RouteEntry route = i % 2 == 0 ? LIVE : CHAT;
            threads.add(CompletableFuture.runAsync(() -> {
                started.countDown();
                for (int n = 0; n < 2000; n++) {
                    Place coming = place(route);
                    coming.open = true;
                    tunnels.remove(coming);
                }
                place(route).open = true;
            }));
        }
        started.await();
        while (!threads.stream().allMatch(CompletableFuture::isDone)) {
            tunnels.drain(LIVE::equals, DrainReason.PROXY_CLOSES, LONG);
            assertThat(tunnels.awaitNone(route -> false, Duration.ZERO)).isTrue();
            assertThat(tunnels.count()).isBetween(0, 16);
        }
        CompletableFuture.allOf(threads.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);

        assertThat(tunnels.count(LIVE::equals)).isEqualTo(4);
        assertThat(tunnels.cut(ALL)).isEqualTo(8);
    }

    private Place place(RouteEntry route) {
        Place place = new Place(route);
        tunnels.add(place);
        return place;
    }

    private interface Waiting {
        boolean await() throws InterruptedException;
    }

    private static CompletableFuture<Boolean> waiting(Waiting waiting) {
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(waiting.await());
                    } catch (InterruptedException e) {
                        result.completeExceptionally(e);
                    }
                },
                "waiting");
        thread.setDaemon(true);
        thread.start();
        Awaitility.await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        return result;
    }

    private static RouteEntry route(String host) {
        return new RouteEntry(
                HostPattern.parse(host).orElseThrow(),
                "",
                false,
                new UpstreamGroup(List.of(ADDRESS)),
                Duration.ofSeconds(5),
                -1,
                List.of(),
                exchange -> UpgradeHandler.Decision.pass());
    }

    /** A tunnel that keeps what it is told. */
    private static final class Place implements Tunnels.Place {

        final ConcurrentLinkedQueue<String> calls = new ConcurrentLinkedQueue<>();
        volatile boolean open;
        volatile boolean filter;
        volatile Optional<UpstreamAddress> address = Optional.empty();
        private final RouteEntry route;
        private final AtomicBoolean leaving = new AtomicBoolean();

        Place(RouteEntry route) {
            this.route = route;
        }

        @Override
        public RouteEntry route() {
            return route;
        }

        @Override
        public Optional<UpstreamAddress> address() {
            return address;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public boolean hasFilter() {
            return filter;
        }

        @Override
        public boolean leave() {
            return leaving.compareAndSet(false, true);
        }

        @Override
        public boolean isLeaving() {
            return leaving.get();
        }

        @Override
        public void drain(DrainReason reason, long deadline) {
            calls.add("drain " + reason + " until " + deadline);
        }

        @Override
        public void cut() {
            calls.add("cut");
        }
    }
}
