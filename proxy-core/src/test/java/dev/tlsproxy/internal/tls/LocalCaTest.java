package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.store.FileCertificateStore;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.TestCa;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalCaTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);

    private final LocalCaTestKit kit = new LocalCaTestKit(START);
    private final CertificateStore store = CertificateStore.inMemory();

    @TempDir
    Path directory;

    @Test
    void servesEveryNameWhenStartReturns() throws Exception {
        Set<String> names = Set.of("localhost", "*.localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "a_b.example.internal");
        LocalCa ca = kit.start(store, names);
        assertThat(kit.deployed.keySet()).isEqualTo(names);
        for (String name : names) {
            CertifiedKey key = kit.deployed.get(name);
            assertThat(key.names()).containsExactly(name);
            assertThat(store.load(name)).contains(key);
            validate(key, ca.root(), START);
        }
    }

    @Test
    void makesARootThatMaySignLeavesOnly() throws IOException {
        X509Certificate root = kit.start(store, Set.of("localhost")).root();
        assertThat(root.getSubjectX500Principal().getName()).matches("CN=TLS proxy local CA [0-9a-f]{8}");
        assertThat(root.getIssuerX500Principal()).isEqualTo(root.getSubjectX500Principal());
        assertThat(root.getBasicConstraints()).isZero();
        assertThat(root.getCriticalExtensionOIDs()).containsExactlyInAnyOrder("2.5.29.19", "2.5.29.15");
        assertThat(root.getKeyUsage()).containsExactly(false, false, false, false, false, true, true, false, false);
        assertThat(root.getExtensionValue("2.5.29.14")).isNotNull();
        assertThat(root.getNotBefore()).isEqualTo(Date.from(START.minus(Duration.ofHours(1))));
        assertThat(Duration.between(START, root.getNotAfter().toInstant()))
                .isBetween(DAY.multipliedBy(3650), DAY.multipliedBy(3653));
        assertThat(((ECPublicKey) root.getPublicKey()).getParams().getOrder().bitLength())
                .isEqualTo(256);
        assertThat(store.load("local-ca").orElseThrow().leaf()).isEqualTo(root);
        assertThat(Security.getProvider("BC")).isNull();
    }

    @Test
    void makesLeavesForServersOnly() throws Exception {
        LocalCa ca = kit.start(store, Set.of("a.localhost", "b.localhost"));
        X509Certificate leaf = kit.deployed.get("a.localhost").leaf();
        assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("CN=a.localhost");
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
        assertThat(leaf.getKeyUsage()).containsExactly(true, false, false, false, false, false, false, false, false);
        assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(keyIdOf(leaf, "2.5.29.35")).isEqualTo(keyIdOf(ca.root(), "2.5.29.14"));
        assertThat(leaf.getExtensionValue("2.5.29.14")).isNotNull();
        assertThat(leaf.getNotBefore()).isEqualTo(Date.from(START.minus(Duration.ofHours(1))));
        assertThat(leaf.getNotAfter())
                .isEqualTo(Date.from(START.minus(Duration.ofHours(1)).plus(DAY.multipliedBy(90))));
        assertThat(leaf.getSerialNumber().signum()).isPositive();
        assertThat(leaf.getSerialNumber().bitLength()).isEqualTo(128);
        X509Certificate other = kit.deployed.get("b.localhost").leaf();
        assertThat(other.getSerialNumber()).isNotEqualTo(leaf.getSerialNumber());
        assertThat(other.getPublicKey()).isNotEqualTo(leaf.getPublicKey());
    }

    @Test
    void servesANameTooLongForACommonName() throws Exception {
        String name = "a".repeat(60) + ".b".repeat(20) + ".localhost";
        LocalCa ca = kit.start(store, Set.of(name));
        X509Certificate leaf = kit.deployed.get(name).leaf();
        assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
        assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.17");
        validate(kit.deployed.get(name), ca.root(), START);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "a.b.internal"})
    void aClientThatTrustsTheRootVerifiesTheHostName(String name) throws Exception {
        LocalCaTestKit real = new LocalCaTestKit(Instant.now());
        LocalCa ca = real.start(store, Set.of(name));
        CertifiedKey key = real.deployed.get(name);
        assertThat(LocalCaTestKit.verifiedByJdk(key, ca.root(), name)).isTrue();
        assertThat(LocalCaTestKit.verifiedByJdk(key, ca.root(), "other.internal"))
                .isFalse();
        assertThat(LocalCaTestKit.verifiedByJdk(key, TestCa.create().root(), name))
                .isFalse();
    }

    @Test
    void servesAWildcardsHosts() throws Exception {
        LocalCaTestKit real = new LocalCaTestKit(Instant.now());
        LocalCa ca = real.start(store, Set.of("*.localhost"));
        CertifiedKey key = real.deployed.get("*.localhost");
        assertThat(LocalCaTestKit.verifiedByJdk(key, ca.root(), "app.localhost"))
                .isTrue();
        assertThat(LocalCaTestKit.verifiedByJdk(key, ca.root(), "a.app.localhost"))
                .isFalse();
    }

    @Test
    void warnsOfAWildcardThatBrowsersRefuse() throws Exception {
        String log =
                LocalCaTestKit.loggedBy(() -> kit.start(store, Set.of("*.localhost", "*.app.localhost", "localhost")));
        assertThat(log.lines())
                .singleElement()
                .asString()
                .endsWith("local CA: browsers and OpenSSL refuse a certificate"
                        + " for *.localhost (expected: two labels behind the star, such as *.app.localhost)");
    }

    @Test
    void servesWhatIsStoredUntilAThirdOfItsLifeIsLeft() {
        X509Certificate root = kit.start(store, Set.of("localhost")).root();
        CertifiedKey first = kit.deployed.get("localhost");
        assertThat(kit.states.get("localhost"))
                .isEqualTo(CertificateStatus.of("localhost", State.ISSUED, Optional.of(first.notAfter())));
        LocalCaTestKit later = new LocalCaTestKit(START.plus(DAY.multipliedBy(59)));
        assertThat(later.start(store, Set.of("localhost")).root()).isEqualTo(root);
        assertThat(later.deployed.get("localhost").leaf()).isEqualTo(first.leaf());
        assertThat(later.states.get("localhost"))
                .isEqualTo(CertificateStatus.of("localhost", State.LOADED, Optional.of(first.notAfter())));
        LocalCaTestKit due = new LocalCaTestKit(START.plus(DAY.multipliedBy(60)));
        assertThat(due.start(store, Set.of("localhost")).root()).isEqualTo(root);
        assertThat(due.deployed.get("localhost").leaf()).isNotEqualTo(first.leaf());
    }

    @Test
    void replacesStoredCertificatesThatAreNotItsOwnOrForAnotherName() throws IOException {
        LocalCa ca = kit.start(store, Set.of("a.localhost"));
        store.save("b.localhost", kit.deployed.get("a.localhost"));
        store.save(
                "c.localhost",
                TestCa.create()
                        .request("c.localhost")
                        .valid(START, START.plus(DAY.multipliedBy(90)))
                        .issue());
        LocalCaTestKit second = new LocalCaTestKit(START);
        second.start(store, Set.of("b.localhost", "c.localhost"));
        for (String name : List.of("b.localhost", "c.localhost")) {
            assertThat(second.deployed.get(name).names()).containsExactly(name);
            assertThat(second.deployed.get(name).leaf().getIssuerX500Principal())
                    .isEqualTo(ca.root().getSubjectX500Principal());
            assertThat(store.load(name)).contains(second.deployed.get(name));
        }
    }

    @Test
    void keepsNamesServedForTenYears() throws Exception {
        LocalCa ca = kit.start(store, Set.of("localhost"));
        Set<X509Certificate> roots = new HashSet<>();
        Set<X509Certificate> leaves = new HashSet<>();
        for (int day = 0; day < 3700; day++) {
            kit.advance(DAY);
            Instant now = kit.clock.instant();
            CertifiedKey served = kit.deployed.get("localhost");
            roots.add(ca.root());
            leaves.add(served.leaf());
            validate(served, ca.root(), now);
            assertThat(served.notAfter()).isBefore(ca.root().getNotAfter().toInstant());
            assertThat(ca.root().getNotAfter().toInstant()).isAfter(now.plus(DAY.multipliedBy(729)));
            assertThat(Duration.between(now, served.notAfter())).isGreaterThan(DAY.multipliedBy(29));
        }
        assertThat(roots).hasSize(2);
        assertThat(leaves.size()).isBetween(61, 63);
        assertThat(store.load("localhost")).contains(kit.deployed.get("localhost"));
    }

    @Test
    void looksEveryTenMinutes() {
        kit.start(store, Set.of("localhost"));
        X509Certificate first = kit.deployed.get("localhost").leaf();
        kit.clock.set(START.plus(DAY.multipliedBy(365)));
        kit.scheduler.advance(Duration.ofMinutes(9));
        assertThat(kit.deployed.get("localhost").leaf()).isEqualTo(first);
        kit.scheduler.advance(Duration.ofMinutes(1));
        assertThat(kit.deployed.get("localhost").notAfter()).isAfter(kit.clock.instant());
    }

    @Test
    void survivesAClockThatWasWrong() throws Exception {
        LocalCa ca = kit.start(store, Set.of("localhost"));
        X509Certificate root = ca.root();
        LocalCaTestKit rebooted = new LocalCaTestKit(Instant.parse("2000-01-01T00:00:00Z"));
        LocalCa again = rebooted.start(store, Set.of("localhost"));
        assertThat(again.root()).isEqualTo(root);
        rebooted.clock.set(START.plus(DAY));
        rebooted.scheduler.advance(LocalCa.CHECK_PERIOD);
        assertThat(again.root()).isEqualTo(root);
        validate(rebooted.deployed.get("localhost"), root, START.plus(DAY));
    }

    @Test
    void replacesALeafOfTheFuture() throws Exception {
        LocalCa ca = kit.start(store, Set.of("localhost"));
        kit.clock.set(START.plus(DAY.multipliedBy(400)));
        kit.scheduler.advance(LocalCa.CHECK_PERIOD);
        kit.clock.set(START.plus(DAY));
        kit.scheduler.advance(LocalCa.CHECK_PERIOD);
        validate(kit.deployed.get("localhost"), ca.root(), START.plus(DAY));
    }

    @Test
    void replacesARootWithLessThanTwoYearsLeftAndWhatItSigned() throws Exception {
        X509Certificate old = kit.start(store, Set.of("localhost")).root();
        Instant lessThanTwoYears = old.getNotAfter().toInstant().minus(DAY.multipliedBy(729));
        LocalCaTestKit later = new LocalCaTestKit(lessThanTwoYears);
        LocalCa ca = later.start(store, Set.of("localhost"));
        assertThat(ca.root()).isNotEqualTo(old);
        assertThat(store.load("local-ca").orElseThrow().leaf()).isEqualTo(ca.root());
        validate(later.deployed.get("localhost"), ca.root(), lessThanTwoYears);
    }

    @Test
    void goesOverToARootThatAnotherProxySavedLater() throws Exception {
        LocalCa first = kit.start(store, Set.of("localhost"));
        CertificateStore elsewhere = CertificateStore.inMemory();
        LocalCa second = new LocalCaTestKit(START).start(elsewhere, Set.of("other.localhost"));
        store.save("local-ca", elsewhere.load("local-ca").orElseThrow());
        kit.advance(LocalCa.CHECK_PERIOD);
        assertThat(first.root()).isEqualTo(second.root());
        validate(kit.deployed.get("localhost"), second.root(), START);
    }

    @Test
    void usesTheRootThatAnotherProxySavedWhileItMadeOne() {
        CertifiedKey others = LocalIssuer.makeRoot(START, new SecureRandom());
        CertificateStore raced = new LocalCaTestKit.DelegatingStore(store) {
            @Override
            public boolean saveIfAbsent(String name, CertifiedKey key) throws IOException {
                save(name, others);
                return super.saveIfAbsent(name, key);
            }
        };
        assertThat(kit.start(raced, Set.of("localhost")).root()).isEqualTo(others.leaf());
    }

    @Test
    void proxiesThatStartTogetherShareOneRoot() throws Exception {
        int proxies = 4;
        CyclicBarrier barrier = new CyclicBarrier(proxies);
        ExecutorService threads = Executors.newFixedThreadPool(proxies);
        try {
            List<Future<X509Certificate>> roots = new ArrayList<>();
            for (int i = 0; i < proxies; i++) {
                CertificateStore lateReader =
                        new LocalCaTestKit.DelegatingStore(new FileCertificateStore(directory.resolve("store"))) {
                            private boolean looked;

                            @Override
                            public Optional<CertifiedKey> load(String name) throws IOException {
                                Optional<CertifiedKey> loaded = super.load(name);
                                if (!looked) {
                                    looked = true;
                                    LocalCaTestKit.await(barrier);
                                }
                                return loaded;
                            }
                        };
                roots.add(threads.submit(() ->
                        new LocalCaTestKit(START).start(lateReader, Set.of()).root()));
            }
            Set<X509Certificate> different = new HashSet<>();
            for (Future<X509Certificate> root : roots) {
                different.add(root.get(30, TimeUnit.SECONDS));
            }
            assertThat(different).hasSize(1);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void servesFromMemoryWhenTheStoreCannotBeWrittenAndSavesTheRootLater() throws Exception {
        boolean[] broken = {true};
        CertificateStore flaky = new LocalCaTestKit.DelegatingStore(store) {
            @Override
            public void save(String name, CertifiedKey key) throws IOException {
                if (broken[0]) {
                    throw new IOException("store directory /s is full (expected: space)");
                }
                super.save(name, key);
            }

            @Override
            public boolean saveIfAbsent(String name, CertifiedKey key) throws IOException {
                save(name, key);
                return true;
            }
        };
        LocalCa[] ca = new LocalCa[1];
        String log = LocalCaTestKit.loggedBy(() -> {
            ca[0] = kit.start(flaky, Set.of("localhost"));
            kit.advance(DAY);
        });
        validate(kit.deployed.get("localhost"), ca[0].root(), START);
        assertThat(log.lines()).hasSize(2);
        assertThat(log)
                .contains(
                        "WARN",
                        "local CA can't save local-ca, it is lost when this process ends: store directory /s is"
                                + " full (expected: space)")
                .contains("local CA can't save localhost, it is lost when this process ends: store directory /s is full"
                        + " (expected: space)");
        X509Certificate root = ca[0].root();
        broken[0] = false;
        kit.advance(DAY);
        assertThat(ca[0].root()).isEqualTo(root);
        assertThat(store.load("local-ca").orElseThrow().leaf()).isEqualTo(root);
    }

    @Test
    void keepsTheRootInMemoryWhenTheStoreFailsLater() throws Exception {
        boolean[] broken = {false};
        CertificateStore flaky = new LocalCaTestKit.DelegatingStore(store) {
            @Override
            public Optional<CertifiedKey> load(String name) throws IOException {
                if (broken[0]) {
                    throw new IOException("store directory /s is gone (expected: a directory)");
                }
                return super.load(name);
            }
        };
        LocalCa ca = kit.start(flaky, Set.of("localhost"));
        X509Certificate root = ca.root();
        broken[0] = true;
        kit.advance(DAY.multipliedBy(61));
        assertThat(ca.root()).isEqualTo(root);
        validate(kit.deployed.get("localhost"), root, kit.clock.instant());
    }

    @Test
    void refusesADamagedRootAndChangesNothing() throws IOException {
        Path file = Files.writeString(directory.resolve("local-ca.pem"), "damaged");
        assertThatThrownBy(() -> kit.start(new FileCertificateStore(directory), Set.of("localhost")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("local CA's root can't be used: store file " + file + " has no certificate in it (expected:"
                        + " a \"-----BEGIN CERTIFICATE-----\" block; convert other formats with openssl); delete it to"
                        + " have a new one made");
        assertThat(file).hasContent("damaged");
        assertThat(directory.toFile().list()).containsExactly("local-ca.pem");
        assertThat(kit.deployed).isEmpty();
    }

    @Test
    void refusesARootThatIsNoCa() throws IOException {
        store.save("local-ca", TestCa.create().issue("localhost"));
        assertThatThrownBy(() -> kit.start(store, Set.of("localhost")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("local CA's root can't be used: entry local-ca of store in memory is not a self-signed CA"
                        + " certificate; delete it to have a new one made");
        assertThat(store.load("localhost")).isEmpty();
    }

    @Test
    void makesANewLeafInPlaceOfADamagedOne() throws Exception {
        FileCertificateStore files = new FileCertificateStore(directory.resolve("store"));
        files.probe();
        Files.writeString(directory.resolve("store/localhost.pem"), "damaged");
        LocalCa ca = kit.start(files, Set.of("localhost"));
        validate(kit.deployed.get("localhost"), ca.root(), START);
        assertThat(files.load("localhost").orElseThrow().leaf())
                .isEqualTo(kit.deployed.get("localhost").leaf());
    }

    @Test
    void refusesTheNameOfItsRoot() throws IOException {
        assertThatThrownBy(() -> kit.start(store, Set.of("local-ca")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "name: local-ca (expected: another host name; the store keeps the local CA's root under this"
                                + " one)");
        assertThat(store.load("local-ca")).isEmpty();
    }

    @Test
    void startsOnce() {
        LocalCa ca = new LocalCa(kit.clock, new SecureRandom(), kit.scheduler);
        assertThatThrownBy(ca::root)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("local CA is not started; call start(...)");
        ca.start(kit.context(store, Set.of()));
        assertThatThrownBy(() -> ca.start(kit.context(store, Set.of())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("local CA is already started");
    }

    @Test
    void leavesNoThreadWhenClosed() {
        LocalCa ca = new LocalCa(kit.clock, new SecureRandom());
        ca.start(kit.context(store, Set.of("localhost")));
        assertThat(threads()).singleElement().matches(Thread::isDaemon);
        ca.close();
        ca.close();
        // an executor says that it has terminated from within its last thread
        Awaitility.await().untilAsserted(() -> assertThat(threads()).noneMatch(Thread::isAlive));
    }

    private static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("tls-proxy-local-ca"))
                .toList();
    }

    private static void validate(CertifiedKey key, X509Certificate root, Instant at) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(at));
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(key.chain()), parameters);
        root.checkValidity(Date.from(at));
        root.verify(root.getPublicKey());
    }

    /** The last 20 bytes of either key identifier extension are the identifier itself. */
    private static byte[] keyIdOf(X509Certificate certificate, String oid) {
        byte[] extension = certificate.getExtensionValue(oid);
        return Arrays.copyOfRange(extension, extension.length - 20, extension.length);
    }
}
