package dev.tlsproxy.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileCertificateStoreTest {

    private static final TestCa CA = TestCa.withIntermediate();
    private static final CertifiedKey KEY = CA.issue("api.example.com");
    private static final CertifiedKey OTHER = CA.issue("api.example.com");
    private static final String REMEDY = "; delete it to have a new one made";

    @TempDir
    Path temporary;

    @Test
    void loadsWhatWasSaved() throws IOException {
        FileCertificateStore store = new FileCertificateStore(temporary.resolve("store"));
        store.save("api.example.com", KEY);
        CertifiedKey loaded = new FileCertificateStore(temporary.resolve("store"))
                .load("api.example.com")
                .orElseThrow();
        assertThat(loaded.chain()).isEqualTo(KEY.chain());
        assertThat(loaded.privateKey()).isEqualTo(KEY.privateKey());
        store.save("api.example.com", OTHER);
        assertThat(store.load("api.example.com").orElseThrow().leaf()).isEqualTo(OTHER.leaf());
        assertThat(filesIn(temporary.resolve("store"))).containsExactly("api.example.com.pem");
    }

    @Test
    void keepsWhatIsThereWhenAskedTo() throws IOException {
        Path directory = temporary.resolve("store");
        FileCertificateStore store = new FileCertificateStore(directory);
        assertThat(store.saveIfAbsent("api.example.com", KEY)).isTrue();
        assertThat(store.saveIfAbsent("api.example.com", OTHER)).isFalse();
        assertThat(store.load("api.example.com").orElseThrow().leaf()).isEqualTo(KEY.leaf());
        assertThat(filesIn(directory)).containsExactly("api.example.com.pem");
        assertThat(modeOf(directory.resolve("api.example.com.pem"))).isEqualTo("rw-------");
    }

    @Test
    void sweepsOnceWhatProcessesLeftThatDiedInAWrite() throws IOException {
        Path directory = temporary.resolve("store");
        FileCertificateStore store = new FileCertificateStore(directory);
        store.write("acme/names/a.properties", new byte[] {'a'});
        store.save("api.example.com", KEY);
        Path below = directory.resolve("documents/acme/names");
        Instant old = Instant.now().minusSeconds(660);
        for (Path left : List.of(directory.resolve(".new-1.tmp"), below.resolve(".new-2.tmp"))) {
            Files.setLastModifiedTime(Files.writeString(left, "half a fi"), FileTime.from(old));
        }
        Path young = Files.writeString(below.resolve(".new-3.tmp"), "of a write under way");
        Path users = Files.writeString(directory.resolve("notes.tmp"), "a user's");
        Files.setLastModifiedTime(users, FileTime.from(old));

        store.probe();

        assertThat(filesIn(directory))
                .contains("api.example.com.pem", "notes.tmp")
                .doesNotContain(".new-1.tmp");
        assertThat(filesIn(below)).containsExactlyInAnyOrder("a.properties", ".new-3.tmp");

        Files.setLastModifiedTime(young, FileTime.from(old));
        store.probe();
        assertThat(young).as("swept at the first probe only").exists();
        new FileCertificateStore(directory).probe();
        assertThat(young).doesNotExist();
    }

    @Test
    void touchesNothingBeforeItSaves() throws IOException {
        FileCertificateStore store = new FileCertificateStore(temporary.resolve("a/b"));
        assertThat(store.load("api.example.com")).isEmpty();
        assertThat(filesIn(temporary)).isEmpty();
        assertThat(store).hasToString(temporary.resolve("a/b").toString());
    }

    @Test
    void keepsKeysFromOtherUsers() throws IOException {
        Path directory = temporary.resolve("a/b");
        new FileCertificateStore(directory).save("api.example.com", KEY);
        assertThat(modeOf(directory)).isEqualTo("rwx------");
        assertThat(modeOf(directory.getParent())).isEqualTo("rwx------");
        assertThat(modeOf(directory.resolve("api.example.com.pem"))).isEqualTo("rw-------");
    }

    @Test
    void keepsTheModeOfADirectoryThatWasThereAndWarnsOnce() throws IOException {
        Path directory = Files.createDirectory(temporary.resolve("open"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x--x"));
        FileCertificateStore store = new FileCertificateStore(directory);
        String log = loggedBy(() -> {
            store.probe();
            store.save("api.example.com", KEY);
            store.load("api.example.com");
        });
        assertThat(log.lines())
                .singleElement()
                .asString()
                .endsWith("store directory " + directory
                        + " has mode rwxr-x--x (expected: rwx------; run \"chmod 700\" on it)");
        assertThat(modeOf(directory)).isEqualTo("rwxr-x--x");
        assertThat(modeOf(directory.resolve("api.example.com.pem"))).isEqualTo("rw-------");
    }

    @Test
    void isSilentAboutADirectoryOfItsOwn() throws IOException {
        String log = loggedBy(() -> new FileCertificateStore(temporary.resolve("own")).save("api.example.com", KEY));
        assertThat(log).isEmpty();
    }

    @Test
    void followsASymbolicLinkToADirectory() throws IOException {
        Path target = Files.createDirectory(temporary.resolve("target"));
        Path link = Files.createSymbolicLink(temporary.resolve("link"), target);
        FileCertificateStore store = new FileCertificateStore(link);
        store.probe();
        store.save("api.example.com", KEY);
        assertThat(filesIn(target)).containsExactly("api.example.com.pem");
    }

    @ParameterizedTest
    @CsvSource({
        "api.example.com, api.example.com.pem",
        "*.example.com, wildcard_.example.com.pem",
        "0:0:0:0:0:0:0:1, 0-0-0-0-0-0-0-1.pem",
        "127.0.0.1, 127.0.0.1.pem",
        "local-ca, local-ca.pem"
    })
    void namesTheFileAfterTheName(String name, String file) throws IOException {
        FileCertificateStore store = new FileCertificateStore(temporary);
        store.save(name, KEY);
        assertThat(filesIn(temporary)).containsExactly(file);
        assertThat(store.load(name)).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "..",
                "../x",
                "a/b",
                "/etc/x",
                "a\\b",
                "a..b",
                ".a",
                "*",
                "*.*.a",
                "*.",
                "*./a",
                "A.example",
                "a.example.",
                "a\u0000b",
                "a b",
                "C:",
                "::1",
                "fe80::1%eth0",
                "täst.example",
                "-",
                "a\n"
            })
    void refusesNamesThatAreNoHostInNormalForm(String name) {
        FileCertificateStore store = new FileCertificateStore(temporary.resolve("store"));
        String message = "name: \"" + name + "\" (expected: a host, *.HOST or an IP address, in normal form)";
        assertThatThrownBy(() -> store.load(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> store.save(name, KEY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void namesADamagedEntryAndTheRemedy() throws IOException {
        FileCertificateStore store = new FileCertificateStore(temporary);
        Path file = temporary.resolve("api.example.com.pem");
        TestPem.file(file, "");
        failsToLoad(
                store,
                "store file " + file + " has no certificate in it (expected: a \"-----BEGIN CERTIFICATE-----\" block;"
                        + " convert other formats with openssl)" + REMEDY);
        TestPem.file(file, TestPem.keyOf(KEY), TestPem.chainOf(KEY).substring(0, 200));
        int line = TestPem.keyOf(KEY).split("\n").length + 1;
        failsToLoad(
                store,
                "store file " + file + " is damaged at line " + line + ": the block has no line -----END"
                        + " CERTIFICATE----- (expected: an unchanged PEM file; copy it again)" + REMEDY);
        TestPem.file(file, TestPem.keyOf(KEY), TestPem.of(List.of(OTHER.leaf())));
        failsToLoad(
                store,
                "store file " + file + ": private key does not match the certificate of "
                        + OTHER.leaf().getSubjectX500Principal().getName()
                        + " (expected: the key whose public half is in the certificate)" + REMEDY);
        Files.write(file, new byte[(1 << 20) + 1]);
        failsToLoad(store, "store file " + file + " is larger than 1 MiB (expected: a key and its chain)" + REMEDY);
        Files.delete(file);
        Files.createDirectory(file);
        failsToLoad(
                store,
                "store file " + file + " can't be read: Is a directory (expected: a file this process can read; check"
                        + " its owner and mode)");
        store.probe();
    }

    @Test
    void aFailedSaveLeavesWhatWasThere() throws IOException {
        FileCertificateStore store = new FileCertificateStore(temporary);
        Path inTheWay = Files.createDirectories(temporary.resolve("api.example.com.pem/full"));
        assertThatThrownBy(() -> store.save("api.example.com", KEY))
                .isInstanceOf(IOException.class)
                .hasMessage("store directory " + temporary + " can't be written: Is a directory (expected: a directory"
                        + " this process can write, with space left)");
        assertThat(inTheWay).exists();
        assertThat(filesIn(temporary)).containsExactly("api.example.com.pem");
    }

    @Test
    void probeLeavesOnlyTheDirectory() throws IOException {
        Path directory = temporary.resolve("a/b");
        new FileCertificateStore(directory).probe();
        assertThat(directory).isEmptyDirectory();
        assertThat(modeOf(directory)).isEqualTo("rwx------");
    }

    @Test
    void refusesAFileInPlaceOfTheDirectoryOrAboveIt() {
        Path file = TestPem.file(temporary.resolve("file"), "x");
        String expected = " (expected: a directory, or a path where one can be made)";
        failsEverywhere(file, "store directory " + file + " is a file" + expected);
        Path below = file.resolve("b/c");
        failsEverywhere(below, "store directory " + below + " can't be made: " + file + " is a file" + expected);
        assertThat(file).hasContent("x");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void probeNamesADirectoryThatCannotBeMade() {
        Path readOnly = Path.of("/proc/tlsproxy/store");
        assertThatThrownBy(() -> new FileCertificateStore(readOnly).probe())
                .isInstanceOf(IOException.class)
                .hasMessage("store directory /proc/tlsproxy/store can't be written: no such file or directory"
                        + " (expected: a directory this process can write, with space left)");
    }

    @Test
    void aFailingProbeRemovesTheDirectoriesItMade() {
        // the name of the last directory is too long to be made, those above it are made
        Path tooLong = temporary.resolve("a/b/" + "x".repeat(300));
        assertThatThrownBy(() -> new FileCertificateStore(tooLong).probe())
                .isInstanceOf(IOException.class)
                .hasMessage("store directory " + tooLong + " can't be written: File name too long (expected: a"
                        + " directory this process can write, with space left)");
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    @Timeout(60)
    void onlyOneOfManySavesWhereNothingWas() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 50; round++) {
                Path directory = temporary.resolve("round-" + round);
                CyclicBarrier barrier = new CyclicBarrier(4);
                List<Callable<Boolean>> savers = Collections.nCopies(4, () -> {
                    FileCertificateStore store = new FileCertificateStore(directory);
                    barrier.await(10, TimeUnit.SECONDS);
                    return store.saveIfAbsent("local-ca", KEY);
                });
                int saved = 0;
                for (Future<Boolean> saver : threads.invokeAll(savers)) {
                    saved += saver.get() ? 1 : 0;
                }
                assertThat(saved).isEqualTo(1);
                assertThat(filesIn(directory)).containsExactly("local-ca.pem");
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    @Timeout(60)
    void aReaderNeverSeesAPart() throws Exception {
        FileCertificateStore store = new FileCertificateStore(temporary.resolve("store"));
        store.save("api.example.com", KEY);
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (CertifiedKey key : List.of(KEY, OTHER)) {
                writers.add(threads.submit(() -> {
                    for (int i = 0; i < 50; i++) {
                        store.save("api.example.com", key);
                    }
                    return null;
                }));
            }
            while (!writers.stream().allMatch(Future::isDone)) {
                assertThat(store.load("api.example.com").orElseThrow().leaf()).isIn(KEY.leaf(), OTHER.leaf());
            }
            for (Future<?> writer : writers) {
                writer.get(10, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(filesIn(temporary.resolve("store"))).containsExactly("api.example.com.pem");
    }

    private static void failsToLoad(FileCertificateStore store, String message) {
        assertThatThrownBy(() -> store.load("api.example.com"))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
    }

    private static void failsEverywhere(Path directory, String message) {
        FileCertificateStore store = new FileCertificateStore(directory);
        assertThatThrownBy(store::probe).isInstanceOf(IOException.class).hasMessage(message);
        assertThatThrownBy(() -> store.save("api.example.com", KEY))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> store.saveIfAbsent("api.example.com", KEY))
                .isInstanceOf(IOException.class)
                .hasMessage(message);
        failsToLoad(store, message);
    }

    private static List<String> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static String modeOf(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private interface Action {
        void run() throws IOException;
    }

    /** slf4j-simple writes to what System.err is at that moment. */
    private static String loggedBy(Action action) throws IOException {
        PrintStream original = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(original);
        }
        return log.toString(StandardCharsets.UTF_8);
    }
}
