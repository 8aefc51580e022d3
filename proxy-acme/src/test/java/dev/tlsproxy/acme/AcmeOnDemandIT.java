package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.acme.testing.Pebble;
import dev.tlsproxy.acme.testing.PebbleOptions;
import dev.tlsproxy.spi.CertificateStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names that only a client's handshake tells, through real Pebble. */
@Timeout(120)
class AcmeOnDemandIT {

    private static final String CUSTOMER = "shop.customer.example";

    @TempDir
    Path directory;

    private final AcmeSite site = new AcmeSite();
    private final List<String> decided = new CopyOnWriteArrayList<>();
    private final Predicate<String> allowed = name -> {
        decided.add(name);
        return name.endsWith(".customer.example");
    };
    private Pebble pebble;

    @AfterEach
    void close() {
        if (pebble != null) {
            pebble.close();
        }
        site.close();
    }

    @ParameterizedTest
    @MethodSource("dev.tlsproxy.acme.testing.Pebble#binaries")
    void theFirstHandshakesOfAnAllowedNameGetItsCertificateAndOthersAreRefused(Path binary) throws Exception {
        pebble = Pebble.start(binary, PebbleOptions.defaults());
        try (TlsProxy proxy = started(acme().onDemand(allowed, 2))) {
            List<CompletableFuture<SiteClient.Answer>> first = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                first.add(CompletableFuture.supplyAsync(() -> get(CUSTOMER)));
            }
            for (CompletableFuture<SiteClient.Answer> answer : first) {
                assertThat(answer.get(30, TimeUnit.SECONDS).response()).endsWith(AcmeSite.HELLO);
            }
            assertThat(pebble.orders()).as("one for all who waited").isEqualTo(1);
            assertThat(get("two.customer.example").response()).endsWith(AcmeSite.HELLO);

            assertRefused("three.customer.example"); // the limit
            assertRefused("stranger.example");
            assertRefused("stranger.example");
            assertThat(pebble.orders()).isEqualTo(2);
            assertThat(decided)
                    .containsExactlyInAnyOrder(
                            CUSTOMER, "two.customer.example", "three.customer.example", "stranger.example");
            assertThat(proxy.certificates())
                    .containsOnlyKeys(CUSTOMER, "two.customer.example")
                    .allSatisfy((name, status) -> assertThat(status.state()).isEqualTo(State.ISSUED));
        }
    }

    @Test
    void aRestartServesTheSameCertificateAtTheFirstHandshakeWithoutAnOrder() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults());
        String before;
        try (TlsProxy proxy = started(acme().onDemand(allowed, 1))) {
            before = get(CUSTOMER).serial();
            assertThat(proxy.certificates()).containsKey(CUSTOMER);
        }
        try (TlsProxy proxy = started(acme().onDemand(allowed, 1))) {
            assertThat(proxy.certificates()).isEmpty();
            assertThat(get(CUSTOMER).serial()).isEqualTo(before);
            assertRefused("two.customer.example"); // the limit outlives the restart
            assertThat(proxy.certificates()).containsOnlyKeys(CUSTOMER);
        }
        assertThat(pebble.orders()).isEqualTo(1);
    }

    @Test
    void challengesOfHttp01WorkForANameOfTheDefaultRouteToo() {
        pebble = Pebble.start(PebbleOptions.defaults());
        try (TlsProxy proxy = started(acme().challenges(ChallengeType.HTTP_01).onDemand(allowed, 1))) {
            assertThat(get(CUSTOMER).response()).endsWith(AcmeSite.HELLO);
            assertThat(proxy.certificates().get(CUSTOMER).notAfter()).isPresent();
        }
    }

    @Test
    void aNameThatTheCaCannotReachIsRefusedAndSoIsTheNextClient() throws Exception {
        pebble = Pebble.start(PebbleOptions.defaults());
        pebble.dns().setA(CUSTOMER, "127.0.0.2"); // where nothing listens
        try (TlsProxy proxy = started(acme().onDemand(allowed, 5))) {
            assertRefused(CUSTOMER);
            long orders = pebble.orders();
            assertRefused(CUSTOMER);
            assertThat(pebble.orders()).isEqualTo(orders);
            assertThat(proxy.certificates()).isEmpty();
        }
    }

    private void assertRefused(String name) {
        assertThatThrownBy(() -> client().get(name)).hasMessageContaining("unrecognized_name");
    }

    private SiteClient.Answer get(String name) {
        try {
            return client().get(name);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private TlsProxy started(Acme acme) {
        TlsProxy proxy = site.proxy(pebble, acme, directory.resolve("store"), List.of("*"))
                .build();
        proxy.start();
        proxy.awaitReady(Duration.ZERO);
        return proxy;
    }

    private Acme acme() {
        return AcmeSite.acme(pebble, directory);
    }

    private SiteClient client() {
        return new SiteClient(pebble.root(0), pebble.tlsPort());
    }
}
