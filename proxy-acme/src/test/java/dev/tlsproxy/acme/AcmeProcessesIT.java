package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Processes that share a store, and processes that die, with real Pebble. */
@Timeout(400)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "kill -9")
class AcmeProcessesIT {

    private static final Duration READY = Duration.ofSeconds(60);
    private static final int SIGKILL = 137;
    private static final int DEATHS = 10;

    @TempDir
    Path directory;

    private final AcmeSite site = new AcmeSite();
    private Pebble pebble;
    private DnsRelay relay;

    @BeforeEach
    void start() {
        pebble = Pebble.start(PebbleOptions.defaults().nonceReject(50));
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
            assertThat(pebble.log()).doesNotContain("There are now 2 accounts in memory");
        }
    }

    @Test
    void killedAtAnyStepOfAnOrderItNeedsAtMostOneMore() throws Exception {
        List<String> steps = stepsOfAnUndisturbedRun();
        assertThat(steps).as("steps at which to kill").hasSizeGreaterThanOrEqualTo(8);
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < DEATHS; i++) {
            int step = 1 + i * (steps.size() - 1) / (DEATHS - 1);
            wrong.addAll(killedAt(step));
        }
        assertThat(wrong).isEmpty();
    }

    private List<String> stepsOfAnUndisturbedRun() throws Exception {
        try (ChildProcess child = child(directory.resolve("undisturbed"), 0, List.of("undisturbed.example.com"))) {
            child.awaitReady(READY);
            return child.steps();
        }
    }

    /** What was wrong after a death at this step, each with the step. */
    private List<String> killedAt(int step) throws Exception {
        List<String> names = List.of("killed-" + step + ".example.com");
        Path store = directory.resolve("store-" + step);
        long before = pebble.orders();
        String last;
        try (ChildProcess dying = child(store, step, names)) {
            assertThat(dying.awaitEnd(READY)).as(dying.output()).isEqualTo(SIGKILL);
            last = dying.steps().get(dying.steps().size() - 1);
        }
        long madeByTheDead = pebble.orders() - before;
        List<String> wrong = new ArrayList<>();
        try (ChildProcess next = child(store, 0, names)) {
            next.awaitReady(READY); // a lock that stayed would stop it here
            new SiteClient(pebble.root(0), next.httpsPort()).get(names.get(0));
        }
        long more = pebble.orders() - before - madeByTheDead;
        if (more > 1) {
            wrong.add("killed at \"" + last + "\": " + more + " orders more");
        }
        for (Path half : halfFiles(store)) {
            wrong.add("killed at \"" + last + "\": half file " + half);
        }
        return wrong;
    }

    private static List<Path> halfFiles(Path store) throws IOException {
        List<Path> half = new ArrayList<>();
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".pem")).toList()) {
                String text = Files.readString(file);
                if (!text.strip().startsWith("-----BEGIN ") || !text.strip().endsWith("-----")) {
                    half.add(file);
                }
            }
        }
        return half;
    }

    private String serial(ChildProcess child, String host) throws IOException {
        return new SiteClient(pebble.root(0), child.httpsPort()).get(host).serial();
    }

    private ChildProcess child(Path store, int deadlyStep, List<String> names) throws IOException {
        return ChildProcess.start(pebble, site, relay, directory, store, deadlyStep, names);
    }
}
