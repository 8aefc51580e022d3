package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that share a store, with real Pebble. */
@Timeout(400)
class AcmeProcessesIT {

    private static final Duration READY = Duration.ofSeconds(60);

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

    private String serial(ChildProcess child, String host) throws IOException {
        return new SiteClient(pebble.root(0), child.httpsPort()).get(host).serial();
    }

    private ChildProcess child(Path store, int deadlyStep, List<String> names) throws IOException {
        return ChildProcess.start(pebble, site, relay, directory, store, deadlyStep, names);
    }
}
