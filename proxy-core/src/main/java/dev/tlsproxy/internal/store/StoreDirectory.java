package dev.tlsproxy.internal.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A directory of small secret files, each replaced as a whole. Safe for use by several threads and processes. */
final class StoreDirectory {

    private static final Logger LOG = LoggerFactory.getLogger(StoreDirectory.class);

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> OWNER_READS_AND_WRITES = PosixFilePermissions.fromString("rw-------");
    private static final byte[] PROBE = {'p', 'r', 'o', 'b', 'e'};

    private final Path root;
    private final Path path;
    private final String content;
    private final boolean posix;
    private final AtomicBoolean modeChecked;
    private final AtomicBoolean swept = new AtomicBoolean();

    StoreDirectory(Path path) {
        this(path, path, "a key and its chain", new AtomicBoolean());
    }

    private StoreDirectory(Path root, Path path, String content, AtomicBoolean modeChecked) {
        this.root = root;
        this.path = path;
        this.content = content;
        this.posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
        this.modeChecked = modeChecked;
    }

    /** A directory in this one, whose mode keeps others out of both. */
    StoreDirectory below(String relative) {
        return new StoreDirectory(root, path.resolve(relative), "a document of at most 1 MiB", modeChecked);
    }

    Path resolve(String fileName) {
        return path.resolve(fileName);
    }

    /** Empty where the file or the whole directory is not there. */
    Optional<byte[]> read(String fileName) throws IOException {
        Path file = resolve(fileName);
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(PemFiles.MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            refuseFileInTheWay();
            throw new IOException(
                    "store file " + file + " can't be read: " + PemFiles.reason(e)
                            + " (expected: a file this process can read; check its owner and mode)",
                    e);
        }
        if (bytes.length > PemFiles.MAX_BYTES) {
            throw new IOException("store file " + file + " is larger than 1 MiB (expected: " + content
                    + "); delete it to have a new one made");
        }
        checkMode();
        return Optional.of(bytes);
    }

    /** A reader, also after a crash, sees the old content or the new. */
    void replace(String fileName, byte[] content) throws IOException {
        place(content, temporary -> {
            Files.move(temporary, resolve(fileName), StandardCopyOption.ATOMIC_MOVE);
            return true;
        });
    }

    /** False where the file is there, which is kept. A reader sees no file or the whole of it. */
    boolean create(String fileName, byte[] content) throws IOException {
        Path file = resolve(fileName);
        return place(content, temporary -> {
            try {
                // a link, unlike a rename, fails where something is there
                Files.createLink(file, temporary);
                return true;
            } catch (FileAlreadyExistsException e) {
                return false;
            } catch (IOException | UnsupportedOperationException e) {
                return createWithoutLink(file, temporary);
            }
        });
    }

    private static boolean createWithoutLink(Path file, Path temporary) throws IOException {
        if (Files.exists(file)) {
            return false;
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        return true;
    }

    /** Does nothing where the file is not there. */
    void delete(String fileName) throws IOException {
        Path file = resolve(fileName);
        try {
            if (Files.deleteIfExists(file)) {
                sync(path);
            }
        } catch (IOException e) {
            throw new IOException(
                    "store file " + file + " can't be deleted: " + PemFiles.reason(e)
                            + " (expected: a file this process can delete; check the directory's owner and mode)",
                    e);
        }
    }

    /** The directory, made where it was not there, under the one path that no link leads to. */
    Path made() throws IOException {
        refuseFileInTheWay();
        try {
            makeDirectories(new ArrayDeque<>());
            checkMode();
            return path.toRealPath();
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    /** Made, empty, where it was not there. */
    FileChannel openLockFile(String fileName) throws IOException {
        FileAttribute<?>[] mode = posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_READS_AND_WRITES)}
                : new FileAttribute<?>[0];
        return FileChannel.open(resolve(fileName), Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), mode);
    }

    private boolean place(byte[] content, Placement placement) throws IOException {
        refuseFileInTheWay();
        boolean placed;
        try {
            makeDirectories(new ArrayDeque<>());
            Path temporary = writeTemporary(content);
            try {
                placed = placement.place(temporary);
            } finally {
                Files.deleteIfExists(temporary);
            }
            sync(path);
        } catch (IOException e) {
            throw notWritable(e);
        }
        checkMode();
        return placed;
    }

    /** Gives a temporary file its final name. */
    private interface Placement {
        boolean place(Path temporary) throws IOException;
    }

    /** Leaves the directory, where all went well, and nothing else. The first one sweeps it, too. */
    void probe() throws IOException {
        refuseFileInTheWay();
        Deque<Path> made = new ArrayDeque<>();
        try {
            makeDirectories(made);
            Path temporary = writeTemporary(PROBE);
            try {
                if (!Arrays.equals(Files.readAllBytes(temporary), PROBE)) {
                    throw new IOException("what was written is not what is read");
                }
                if (swept.compareAndSet(false, true)) {
                    Leftovers.sweep(path, Files.getLastModifiedTime(temporary).toInstant());
                }
            } finally {
                Files.delete(temporary);
            }
        } catch (IOException e) {
            for (Path directory : made) {
                deleteIfEmpty(directory);
            }
            throw notWritable(e);
        }
        checkMode();
    }

    @Override
    public String toString() {
        return path.toString();
    }

    /** Not Files.createDirectories: before JDK 20 it refuses a symbolic link to a directory. */
    private void makeDirectories(Deque<Path> made) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path next = path.toAbsolutePath(); next != null && !Files.isDirectory(next); next = next.getParent()) {
            missing.push(next);
        }
        for (Path next : missing) {
            try {
                Files.createDirectory(next, ownerOnly());
                made.push(next);
                syncParent(next);
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(next)) {
                    throw e;
                }
            }
        }
    }

    private FileAttribute<?>[] ownerOnly() {
        return posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
    }

    /** createTempFile gives mode 0600 where there are modes, and a name that no other process has. */
    private Path writeTemporary(byte[] content) throws IOException {
        Path temporary = Files.createTempFile(path, Leftovers.PREFIX, Leftovers.SUFFIX);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        return temporary;
    }

    /**
     * Makes a rename last. Some file systems (Windows, several network ones) can't do that for a directory; the rename
     * is no less atomic there, so that is no failure.
     */
    private static void sync(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            LOG.debug("{} can't be synced", directory, e);
        }
    }

    private static void syncParent(Path directory) {
        Path parent = directory.getParent();
        if (parent != null) {
            sync(parent);
        }
    }

    private static void deleteIfEmpty(Path directory) {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            LOG.debug("{} is left", directory, e);
        }
    }

    private void checkMode() throws IOException {
        if (!posix || !modeChecked.compareAndSet(false, true)) {
            return;
        }
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(root);
        if (!OWNER_ONLY.containsAll(mode)) {
            LOG.warn(
                    "store directory {} has mode {} (expected: rwx------; run \"chmod 700\" on it)",
                    root,
                    PosixFilePermissions.toString(mode));
        }
    }

    private void refuseFileInTheWay() throws IOException {
        Path nearest = nearestThatExists();
        if (nearest == null || Files.isDirectory(nearest)) {
            return;
        }
        String problem =
                nearest.equals(path.toAbsolutePath()) ? " is a file" : " can't be made: " + nearest + " is a file";
        throw new IOException(
                "store directory " + path + problem + " (expected: a directory, or a path where one can be made)");
    }

    private @Nullable Path nearestThatExists() {
        Path next = path.toAbsolutePath();
        while (next != null && !Files.exists(next)) {
            next = next.getParent();
        }
        return next;
    }

    private IOException notWritable(IOException e) {
        boolean denied = e instanceof AccessDeniedException;
        return new IOException(
                "store directory " + path
                        + (denied
                                ? " is not writable (expected: a directory this process can write; check its owner and mode)"
                                : " can't be written: " + PemFiles.reason(e)
                                        + " (expected: a directory this process can write, with space left)"),
                e);
    }
}
