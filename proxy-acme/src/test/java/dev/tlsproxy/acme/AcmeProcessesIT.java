package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.internal.store.FileCertificateStore;
import dev.tlsproxy.spi.CertificateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Processes that share a store, and processes that die, with real Pebble. */
@Timeout(900)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "kill -9")
@ParameterizedClass
@MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
class AcmeProcessesIT {

    @Parameter
    Path binary;

    private static final Duration READY = Duration.ofSeconds(60);
    private static final int SIGKILL = 137;
    private static final int AT_ONCE = 4;

    @TempDir
    Path directory;

    private final AcmeSite site = new AcmeSite();
    private Pebble pebble;
    private DnsRelay relay;

    @BeforeEach
    void start() {
        pebble = Pebble.start(binary, PebbleOptions.defaults().nonceReject(50));
        relay = new DnsRelay(pebble.dns());
    }

    @AfterEach
    void close() {
        if (pebble != null) {
            relay.close();
            pebble.close();
        }
        site.close();
    }

    @Test
    void twoProcessesOnOneStoreMakeOneOrderPerNameAndBothServeIt() throws Exception {
        List<String> names = List.of("one.example.com", "two.example.com", "*.example.org");
        Path store = directory.resolve("store");
        try (ChildProcess first = child(store, 0, names);
                ChildProcess second = child(store, 0, names)) {
            first.awaitReady(READY);
            second.awaitReady(READY);

            assertThat(pebble.orders()).as("orders").isEqualTo(names.size());
            for (String host : List.of("one.example.com", "two.example.com", "any.example.org")) {
                assertThat(serial(second, host)).isEqualTo(serial(first, host));
            }
            assertThat(pebble.log())
                    .contains("There are now 1 accounts in memory")
                    .doesNotContain("There are now 2 accounts in memory");
        }
    }

    /**
     * One process for each step, each with a store and a name of its own. A process that finds a certificate orders none, so
     * the sum of orders tells of each process.
     */
    @Test
    void killedAtAnyStepOfAnOrderItNeedsAtMostOneMore() throws Exception {
        List<String> steps = stepsOfAnUndisturbedRun();
        assertThat(steps).as("steps at which to kill").hasSizeGreaterThanOrEqualTo(8);
        List<Integer> deadly = IntStream.rangeClosed(1, steps.size()).boxed().toList();

        forEach(deadly, this::killAt);
        long before = pebble.orders();
        long withoutCertificate = 0;
        for (int step : deadly) {
            boolean saved =
                    new FileCertificateStore(store(step)).load(name(step)).isPresent();
            withoutCertificate += saved ? 0 : 1;
            assertThat(unfinishedFiles(store(step))).as(steps.get(step - 1)).isEmpty();
        }
        assertThat(withoutCertificate).isBetween(8L, (long) deadly.size() - 1);

        forEach(deadly, this::serveAfter);
        assertThat(pebble.orders() - before).as("orders after the restarts").isEqualTo(withoutCertificate);
        for (int step : deadly) {
            assertNoLockStays(step); // and files no more: the child that served is killed at whatever it does by then
        }
    }

    private List<String> stepsOfAnUndisturbedRun() throws Exception {
        try (ChildProcess child = child(directory.resolve("undisturbed"), 0, List.of("undisturbed.example.com"))) {
            child.awaitReady(READY);
            List<String> steps = child.steps();
            int last = IntStream.range(0, steps.size())
                    .filter(i -> steps.get(i).contains(" after save "))
                    .findFirst()
                    .orElseThrow();
            return steps.subList(0, last + 1);
        }
    }

    private void killAt(int step) throws Exception {
        try (ChildProcess dying = child(store(step), step, List.of(name(step)))) {
            assertThat(dying.awaitEnd(READY)).as(dying.output()).isEqualTo(SIGKILL);
        }
    }

    private void serveAfter(int step) throws Exception {
        try (ChildProcess next = child(store(step), 0, List.of(name(step)))) {
            next.awaitReady(READY);
            assertThat(new SiteClient(pebble.root(0), next.httpsPort())
                            .get(name(step))
                            .response())
                    .endsWith(AcmeSite.HELLO);
        }
    }

    private void assertNoLockStays(int step) throws IOException {
        CertificateStore store = new FileCertificateStore(store(step));
        for (String lock : List.of(
                "acme/locks/" + name(step),
                "acme/localhost-" + pebble.directory().getPort() + "-dir/account.lock")) {
            Optional<CertificateStore.Lease> lease = store.tryLock(lock);
            assertThat(lease).as(lock).isPresent();
            lease.orElseThrow().close();
        }
    }

    private Path store(int step) {
        return directory.resolve("store-" + step);
    }

    private static String name(int step) {
        return "killed-" + step + ".example.com";
    }

    private interface Step {
        void at(int step) throws Exception;
    }

    /** A few at a time: most of a child's time is the start of its JVM and the wait after a crash. */
    private static void forEach(List<Integer> steps, Step what) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int step : steps) {
                running.add(threads.submit(() -> {
                    what.at(step);
                    return step;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static List<Path> unfinishedFiles(Path store) throws IOException {
        List<Path> unfinished = new ArrayList<>();
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = Files.readString(file).strip();
                boolean whole =
                        !file.toString().endsWith(".pem") || (text.startsWith("-----BEGIN ") && text.endsWith("-----"));
                if (!whole || file.toString().endsWith(".tmp")) {
                    unfinished.add(file);
                }
            }
        }
        return unfinished;
    }

    private String serial(ChildProcess child, String host) throws IOException {
        return new SiteClient(pebble.root(0), child.httpsPort()).get(host).serial();
    }

    private ChildProcess child(Path store, int deadlyStep, List<String> names) throws IOException {
        return ChildProcess.start(pebble, site, relay, directory, store, deadlyStep, names);
    }
}
