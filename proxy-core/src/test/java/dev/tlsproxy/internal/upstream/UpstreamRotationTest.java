package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xnio.XnioIoThread;

class UpstreamRotationTest {

    private static final CheckConfig CHECK =
            new CheckConfig("/health", null, Duration.ofSeconds(1), Duration.ofSeconds(1), 200, 299, 1, 1);

    private long now;
    private final Map<UpstreamAddress, UpstreamState> states = new HashMap<>();
    private final Random random = new Random(20261123);

    /** At its end a counter passes to the least value: the wrap skips or repeats a turn, and no more. */
    @ParameterizedTest
    @ValueSource(longs = {0, Integer.MAX_VALUE - 150L, 0xffffffffL - 150, Long.MAX_VALUE - 150})
    void roundRobinIsEvenAlsoWhereTheCounterOverflows(long firstTurn) {
        UpstreamGroup group = group(Choice.ROUND_ROBIN, 3);
        UpstreamRotation rotation = new UpstreamRotation(this::state, random, firstTurn);
        assertThat(count(rotation, group, 300).values())
                .allSatisfy(n -> assertThat(n).isBetween(99, 101));
    }

    @Test
    void roundRobinSharesEvenlyAmongThoseThatAreUp() {
        UpstreamGroup group = group(Choice.ROUND_ROBIN, 4);
        upstream(1).health().connectFailed(UpstreamFailure.REFUSED);
        assertThat(count(rotation(), group, 300)).isEqualTo(Map.of(0, 100, 2, 100, 3, 100));
    }

    @ParameterizedTest
    @EnumSource(Choice.class)
    void everyUpstreamIsTriedOnceAndThoseThatAreDownComeLast(Choice choice) {
        UpstreamGroup group = group(choice, 5);
        upstream(0).health().connectFailed(UpstreamFailure.REFUSED);
        upstream(3).health().checkedDown(CHECK, "failed");
        for (int i = 0; i < 20; i++) {
            List<Integer> order = numbers(rotation().order(group, client(i)));
            assertThat(order.subList(0, 3)).containsExactlyInAnyOrder(1, 2, 4);
            assertThat(order.subList(3, 5)).containsExactlyInAnyOrder(0, 3);
        }
    }

    @ParameterizedTest
    @EnumSource(Choice.class)
    void whereAllAreDownTheyAreTriedAllTheSame(Choice choice) {
        UpstreamGroup group = group(choice, 3);
        for (int i = 0; i < 3; i++) {
            upstream(i).health().connectFailed(UpstreamFailure.REFUSED);
        }
        Map<Integer, Integer> first = new TreeMap<>();
        UpstreamRotation rotation = rotation();
        for (int i = 0; i < 300; i++) {
            Queue<UpstreamState> order = rotation.order(group, client(i));
            assertThat(order).hasSize(3);
            first.merge(number(order.element()), 1, Integer::sum);
        }
        assertThat(first.values()).as("one after another, not all to one").allMatch(n -> n > 50);
    }

    @Test
    void leastConnectionsTakesTheLeastLoadedAndTurnsAmongEqualOnes() {
        UpstreamGroup group = group(Choice.LEAST_CONNECTIONS, 3);
        load(0, 5);
        load(1, 2);
        load(2, 2);
        assertThat(count(rotation(), group, 100)).isEqualTo(Map.of(1, 50, 2, 50));
        load(1, 1);
        assertThat(numbers(rotation().order(group, client(0)))).containsExactly(2, 1, 0);
    }

    @Test
    void randomTwoTakesTheLessLoadedOfTwoDrawnEvenly() {
        UpstreamGroup group = group(Choice.RANDOM_TWO, 3);
        assertThat(count(rotation(), group, 3000).values()).allMatch(n -> n > 900 && n < 1100);
        load(0, 3);
        load(1, 2);
        load(2, 1);
        Map<Integer, Integer> count = count(rotation(), group, 3000);
        assertThat(count).as("the most loaded one loses each comparison").doesNotContainKey(0);
        assertThat(count.get(2)).isBetween(1900, 2100);
    }

    @Test
    void hashKeepsAClientAndMovesOnlyThoseOfAnUpstreamThatIsGone() {
        UpstreamGroup five = group(Choice.CLIENT_ADDRESS_HASH, 5);
        UpstreamGroup four = group(Choice.CLIENT_ADDRESS_HASH, 4);
        UpstreamRotation rotation = rotation();
        Map<Integer, Integer> perUpstream = new TreeMap<>();
        int moved = 0;
        for (int i = 0; i < 5000; i++) {
            int own = first(rotation, five, client(i));
            perUpstream.merge(own, 1, Integer::sum);
            assertThat(first(rotation, five, client(i))).isEqualTo(own);
            int without = first(rotation, four, client(i));
            if (own == 4) {
                moved++;
            } else {
                assertThat(without).isEqualTo(own);
            }
        }
        assertThat(perUpstream.values()).hasSize(5).allMatch(n -> n > 900 && n < 1100);
        assertThat(moved).isEqualTo(perUpstream.get(4));
    }

    @Test
    void hashSkipsAnUpstreamThatIsDownAndReturnsToIt() {
        UpstreamGroup group = group(Choice.CLIENT_ADDRESS_HASH, 3);
        UpstreamRotation rotation = rotation();
        Map<Integer, Integer> before = firstOfClients(rotation, group);
        upstream(1).health().connectFailed(UpstreamFailure.REFUSED);
        Map<Integer, Integer> during = firstOfClients(rotation, group);
        before.forEach((client, own) -> {
            if (own == 1) {
                assertThat(during.get(client)).isNotEqualTo(1);
            } else {
                assertThat(during.get(client)).isEqualTo(own);
            }
        });
        assertThat(during.values()).as("its clients go to both others").contains(0, 2);
        upstream(1).health().connectWorked();
        assertThat(firstOfClients(rotation, group)).isEqualTo(before);
    }

    /** Pinned: another proxy, or this one after an upgrade, sends a client to the same upstream. */
    @Test
    void hashIsTheSameForEveryRun() throws UnknownHostException {
        long upstream = Rendezvous.key("http://10.0.0.1:8080");
        assertThat(Rendezvous.score(Rendezvous.key(InetAddress.getByName("192.0.2.7")), upstream))
                .isEqualTo(Rendezvous.score(
                        Rendezvous.key(InetAddress.getByName("::ffff:192.0.2.7")),
                        Rendezvous.key("http://10.0.0.1:8080")))
                .isEqualTo(1494808270624362615L);
    }

    @ParameterizedTest
    @EnumSource(value = Choice.class, names = "CLIENT_ADDRESS_HASH", mode = EnumSource.Mode.EXCLUDE)
    void inSlowStartItsShareGrowsLinearly(Choice choice) {
        UpstreamGroup group = new UpstreamGroup(addresses(2), choice, null, Duration.ofSeconds(100));
        upstream(0).health().connectFailed(UpstreamFailure.REFUSED);
        upstream(0).health().connectWorked();
        UpstreamRotation rotation = rotation();
        List<Integer> shares = new ArrayList<>();
        for (int percent : List.of(0, 20, 50, 100)) {
            now = Duration.ofSeconds(percent).toNanos();
            shares.add(count(rotation, group, 10_000).getOrDefault(0, 0));
        }
        assertThat(shares.get(0)).isZero();
        assertThat(shares.get(1)).isBetween(900, 1100);
        assertThat(shares.get(2)).isBetween(2300, 2700);
        assertThat(shares.get(3)).isBetween(4800, 5200);
    }

    @Test
    void inSlowStartItTakesAllWhereNoOtherIsUp() {
        UpstreamGroup group = new UpstreamGroup(addresses(2), Choice.ROUND_ROBIN, null, Duration.ofSeconds(100));
        upstream(0).health().connectFailed(UpstreamFailure.REFUSED);
        upstream(0).health().connectWorked();
        upstream(1).health().connectFailed(UpstreamFailure.REFUSED);
        assertThat(count(rotation(), group, 10)).isEqualTo(Map.of(0, 10));
    }

    private UpstreamRotation rotation() {
        return new UpstreamRotation(this::state, random);
    }

    private UpstreamGroup group(Choice choice, int size) {
        return new UpstreamGroup(addresses(size), choice, CHECK, Duration.ZERO);
    }

    private static List<UpstreamAddress> addresses(int size) {
        return IntStream.range(0, size).mapToObj(UpstreamRotationTest::address).toList();
    }

    private static UpstreamAddress address(int number) {
        return new UpstreamAddress(URI.create("http://10.0.0.1:" + (8000 + number)), null);
    }

    private UpstreamState upstream(int number) {
        return state(address(number));
    }

    private UpstreamState state(UpstreamAddress address) {
        return states.computeIfAbsent(
                address,
                key -> new UpstreamState(
                        key,
                        UpstreamPoolConfig.defaults(),
                        () -> now,
                        upstream -> UpstreamHealthTest.recording(new ArrayList<>())));
    }

    /** More requests under way. */
    private void load(int number, int more) {
        UpstreamState.Waiter nobody = new UpstreamState.Waiter() {
            @Override
            public XnioIoThread thread() {
                throw new AssertionError();
            }

            @Override
            public boolean takes(PooledConnection connection) {
                throw new AssertionError();
            }

            @Override
            public void granted(PooledConnection connection) {}

            @Override
            public void poolClosed() {}
        };
        for (int i = 0; i < more; i++) {
            assertThat(upstream(number).reserve(nobody)).isEqualTo(UpstreamState.Turn.NOW);
        }
    }

    private static InetAddress client(int number) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 1, (byte) (number >> 8), (byte) number});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<Integer, Integer> count(UpstreamRotation rotation, UpstreamGroup group, int requests) {
        Map<Integer, Integer> count = new TreeMap<>();
        for (int i = 0; i < requests; i++) {
            count.merge(first(rotation, group, client(i)), 1, Integer::sum);
        }
        return count;
    }

    private static Map<Integer, Integer> firstOfClients(UpstreamRotation rotation, UpstreamGroup group) {
        Map<Integer, Integer> first = new TreeMap<>();
        for (int i = 0; i < 300; i++) {
            first.put(i, first(rotation, group, client(i)));
        }
        return first;
    }

    private static int first(UpstreamRotation rotation, UpstreamGroup group, InetAddress client) {
        return number(rotation.order(group, client).element());
    }

    private static List<Integer> numbers(Queue<UpstreamState> order) {
        return order.stream().map(UpstreamRotationTest::number).toList();
    }

    private static int number(UpstreamState state) {
        return state.address().uri().getPort() - 8000;
    }
}
