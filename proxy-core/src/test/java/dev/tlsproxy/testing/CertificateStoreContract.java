package dev.tlsproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store does. */
public abstract class CertificateStoreContract {

    private static final TestCa CA = TestCa.withIntermediate();
    private static final CertifiedKey ONE = CA.issue("api.example.com");
    private static final CertifiedKey OTHER = CA.issue("api.example.com");
    private static final String ACCOUNT = "acme/ca.example-14000/account.pem";

    /** An empty store, and the same one whenever it is asked for in one test. */
    protected abstract CertificateStore store() throws IOException;

    @Test
    public void givesBackTheKeySavedLast() throws IOException {
        assertThat(store().load("api.example.com")).isEmpty();
        store().save("api.example.com", ONE);
        store().save("api.example.com", OTHER);
        assertThat(store().load("api.example.com").orElseThrow().chain()).isEqualTo(OTHER.chain());
        assertThat(store().load("other.example.com")).isEmpty();
    }

    @Test
    public void savesOnlyWhereNothingIsWhenAskedTo() throws IOException {
        assertThat(store().saveIfAbsent("api.example.com", ONE)).isTrue();
        assertThat(store().saveIfAbsent("api.example.com", OTHER)).isFalse();
        assertThat(store().load("api.example.com").orElseThrow().leaf()).isEqualTo(ONE.leaf());
    }

    @Test
    public void probeLeavesNothing() throws IOException {
        store().probe();
        assertThat(store().load("probe")).isEmpty();
    }

    @Test
    public void givesBackTheDocumentWrittenLast() throws IOException {
        assertThat(store().read(ACCOUNT)).isEmpty();
        store().write(ACCOUNT, bytes("one"));
        store().write(ACCOUNT, bytes("two"));
        store().write("acme/ca.example-14000/orders/*.example.com.json", new byte[0]);
        assertThat(store().read(ACCOUNT)).contains(bytes("two"));
        assertThat(store().read("acme/ca.example-14000/orders/*.example.com.json"))
                .contains(new byte[0]);
        assertThat(store().read("acme/other/account.pem")).isEmpty();
    }

    @Test
    public void keepsDocumentsApartFromNamesAndLocks() throws IOException {
        store().save("api.example.com", ONE);
        store().write("api.example.com.pem", bytes("a document"));
        store().write("api.example.com", bytes("another"));
        try (CertificateStore.Lease lease = lock("api.example.com")) {
            assertThat(lease).isNotNull();
            assertThat(store().load("api.example.com").orElseThrow().leaf()).isEqualTo(ONE.leaf());
            assertThat(store().read("api.example.com.pem")).contains(bytes("a document"));
            assertThat(store().read("api.example.com")).contains(bytes("another"));
        }
    }

    @Test
    public void deletesADocument() throws IOException {
        store().write(ACCOUNT, bytes("one"));
        store().write("acme/ca.example-14000/kept", bytes("kept"));
        store().delete(ACCOUNT);
        store().delete(ACCOUNT);
        store().delete("never/written");
        assertThat(store().read(ACCOUNT)).isEmpty();
        assertThat(store().read("acme/ca.example-14000/kept")).contains(bytes("kept"));
        store().write(ACCOUNT, bytes("again"));
        assertThat(store().read(ACCOUNT)).contains(bytes("again"));
    }

    @Test
    public void contentIsTheCallersOwn() throws IOException {
        byte[] content = bytes("secret");
        store().write(ACCOUNT, content);
        Arrays.fill(content, (byte) 0);
        Arrays.fill(store().read(ACCOUNT).orElseThrow(), (byte) 0);
        assertThat(store().read(ACCOUNT)).contains(bytes("secret"));
    }

    @Test
    public void takesOneMebibyteAndNoMore() throws IOException {
        byte[] largest = new byte[1 << 20];
        store().write(ACCOUNT, largest);
        assertThat(store().read(ACCOUNT)).contains(largest);
        assertThatThrownBy(() -> store().write(ACCOUNT, new byte[(1 << 20) + 1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("document \"" + ACCOUNT + "\": 1048577 bytes (expected: at most 1048576)");
        assertThat(store().read(ACCOUNT)).contains(largest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a\\b", "a b", "1/2/3/4/5/6/7", "%2A"})
    public void refusesWhatIsNoPath(String path) throws IOException {
        CertificateStore store = store();
        String message =
                "document: \"" + path + "\" (expected: 1..6 segments of [A-Za-z0-9._*-], none of them . or ..)";
        for (Callable<?> use : List.<Callable<?>>of(
                () -> store.read(path),
                () -> {
                    store.write(path, new byte[0]);
                    return null;
                },
                () -> {
                    store.delete(path);
                    return null;
                },
                () -> store.tryLock(path))) {
            assertThatThrownBy(use::call)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
        }
    }

    @Test
    public void aLockHasOneHolder() throws IOException {
        CertificateStore.Lease first = lock("acme/orders/*.example.com");
        assertThat(store().tryLock("acme/orders/*.example.com")).isEmpty();
        try (CertificateStore.Lease other = lock("acme/orders/b.example.com")) {
            assertThat(other).isNotNull();
        }
        first.close();
        CertificateStore.Lease second = lock("acme/orders/*.example.com");
        first.close();
        assertThat(store().tryLock("acme/orders/*.example.com"))
                .as("closing twice gives up no one else's lock")
                .isEmpty();
        second.close();
        lock("acme/orders/*.example.com").close();
    }

    @Test
    @Timeout(60)
    public void oneOfManyThreadsGetsTheLock() throws Exception {
        CertificateStore store = store();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 50; round++) {
                CyclicBarrier barrier = new CyclicBarrier(4);
                Callable<Boolean> contender = () -> {
                    barrier.await(10, TimeUnit.SECONDS);
                    var lease = store.tryLock("contended");
                    barrier.await(10, TimeUnit.SECONDS);
                    lease.ifPresent(CertificateStore.Lease::close);
                    return lease.isPresent();
                };
                int holders = 0;
                for (Future<Boolean> result : threads.invokeAll(List.of(contender, contender, contender, contender))) {
                    holders += result.get() ? 1 : 0;
                }
                assertThat(holders).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private CertificateStore.Lease lock(String path) throws IOException {
        return store().tryLock(path).orElseThrow(() -> new AssertionError(path + " is held"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
