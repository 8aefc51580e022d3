package dev.tlsproxy.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.testing.CertificateStoreContract;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Documents and locks of a directory, beyond what every store does; the locks between real processes. */
class FileDocumentsTest extends CertificateStoreContract {

    private static final String LOCK = "acme/orders/*.example.com";

    @TempDir
    Path temporary;

    @Override
    protected CertificateStore store() {
        return new FileCertificateStore(temporary.resolve("store"));
    }

    @Test
    void keepsDocumentsAndLocksFromOtherUsers() throws IOException {
        store().write("acme/*.example.com/key.pem", new byte[] {1});
        store().tryLock(LOCK).orElseThrow().close();
        try (Stream<Path> all = Files.walk(temporary.resolve("store"))) {
            assertThat(all.map(path -> temporary.relativize(path) + " " + modeOf(path)))
                    .containsExactlyInAnyOrder(
                            "store rwx------",
                            "store/documents rwx------",
                            "store/documents/acme rwx------",
                            "store/documents/acme/%2A.example.com rwx------",
                            "store/documents/acme/%2A.example.com/key.pem rw-------",
                            "store/locks rwx------",
                            "store/locks/acme rwx------",
                            "store/locks/acme/orders rwx------",
                            "store/locks/acme/orders/%2A.example.com rw-------");
        }
    }

    @Test
    void readingTouchesNothing() throws IOException {
        assertThat(store().read("a/b")).isEmpty();
        store().delete("a/b");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void aFailedWriteLeavesWhatWasThere() throws IOException {
        store().write("a/b", new byte[] {1});
        Path folder = temporary.resolve("store/documents/a");
        assertThatThrownBy(() -> store().write("a", new byte[] {2}))
                .isInstanceOf(IOException.class)
                .hasMessage("store directory " + folder.getParent() + " can't be written: Is a directory (expected: a"
                        + " directory this process can write, with space left)");
        assertThatThrownBy(() -> store().write("a/b/c", new byte[] {2}))
                .isInstanceOf(IOException.class)
                .hasMessage("store directory " + folder.resolve("b")
                        + " is a file (expected: a directory, or a path where one can be made)");
        assertThatThrownBy(() -> store().delete("a"))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "store file " + folder + " can't be deleted: it is a directory with files in it (expected: a"
                                + " file this process can delete; check the directory's owner and mode)");
        assertThat(store().read("a/b")).contains(new byte[] {1});
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void namesALockFileThatCannotBeOpened() throws IOException {
        Path inTheWay = Files.createDirectories(temporary.resolve("store/locks/a"));
        assertThatThrownBy(() -> store().tryLock("a"))
                .isInstanceOf(IOException.class)
                .hasMessage("store lock " + inTheWay.toRealPath()
                        + " can't be taken: Is a directory (expected: a file this process can write, on a file system"
                        + " with locks)");
        Files.delete(inTheWay);
        store().tryLock("a").orElseThrow().close();
    }

    @Test
    void storesOnTheSameDirectoryByALinkShareTheLock() throws IOException {
        Path real = Files.createDirectory(temporary.resolve("real"));
        Path link = Files.createSymbolicLink(temporary.resolve("link"), real);
        try (CertificateStore.Lease held =
                new FileCertificateStore(real).tryLock(LOCK).orElseThrow()) {
            assertThat(held).isNotNull();
            assertThat(new FileCertificateStore(link).tryLock(LOCK)).isEmpty();
            assertThat(triedByAnotherProcess(real))
                    .as("still held after the other try")
                    .isEqualTo("held");
        }
    }

    @Test
    @Timeout(60)
    void aProcessThatHoldsTheLockKeepsOthersOutUntilItIsKilled() throws Exception {
        Path directory = temporary.resolve("store");
        Process holder = process(directory, "hold");
        try (BufferedReader out = outputOf(holder)) {
            assertThat(out.readLine()).isEqualTo("got");
            assertThat(store().tryLock(LOCK)).isEmpty();
            assertThat(triedByAnotherProcess(directory)).isEqualTo("held");
        } finally {
            holder.destroyForcibly(); // SIGKILL: nothing of the holder's own runs
        }
        assertThat(holder.waitFor(10, TimeUnit.SECONDS)).isTrue();
        CertificateStore.Lease lease = store().tryLock(LOCK).orElseThrow();
        assertThat(triedByAnotherProcess(directory)).isEqualTo("held");
        lease.close();
        assertThat(triedByAnotherProcess(directory)).isEqualTo("got");
    }

    private static String triedByAnotherProcess(Path directory) throws IOException {
        Process process = process(directory, "try");
        try (BufferedReader out = outputOf(process)) {
            return out.readLine();
        }
    }

    private static Process process(Path directory, String what) throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = List.of(
                java.toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                LockContender.class.getName(),
                directory.toString(),
                LOCK,
                what);
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static BufferedReader outputOf(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private static String modeOf(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
