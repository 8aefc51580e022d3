package dev.tlsproxy.internal.store;

import dev.tlsproxy.spi.CertificateStore.Lease;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Locks between processes: a lock of the operating system on a file, which ends with the process that holds it. The file
 * stays, because deleting it could let two processes each lock a file of that name.
 *
 * <p>Such a lock belongs to the whole process, and on POSIX systems closing <em>any</em> channel on the file gives it
 * up. So a lock that is held in this JVM, by whatever store, is found in {@link #HELD} before its file is opened.
 */
final class StoreLocks {

    private static final Logger LOG = LoggerFactory.getLogger(StoreLocks.class);

    /** Real paths of the files that this JVM has locked or is about to. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private StoreLocks() {}

    /** Empty where another holds the lock. */
    static Optional<Lease> tryLock(StoreDirectory directory, String fileName) throws IOException {
        Path file = directory.made().resolve(fileName);
        if (!HELD.add(file)) {
            return Optional.empty();
        }
        Held held = null;
        try {
            held = lock(directory, fileName, file);
        } catch (IOException e) {
            throw new IOException(
                    "store lock " + file + " can't be taken: " + PemFiles.reason(e)
                            + " (expected: a file this process can write, on a file system with locks)",
                    e);
        } finally {
            if (held == null) {
                HELD.remove(file);
            }
        }
        return Optional.ofNullable(held);
    }

    private static @Nullable Held lock(StoreDirectory directory, String fileName, Path file) throws IOException {
        FileChannel channel = directory.openLockFile(fileName);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            LOG.debug("{} is locked by another copy of this library in this JVM", file, e);
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        return lock == null ? null : new Held(file, channel);
    }

    private static final class Held implements Lease {

        private final Path file;
        private final FileChannel channel;
        private final AtomicBoolean closed = new AtomicBoolean();

        Held(Path file, FileChannel channel) {
            this.file = file;
            this.channel = channel;
        }

        @Override
        public void close() {
            if (!closed.compareAndSet(false, true)) {
                return;
            }
            try {
                channel.close();
            } catch (IOException e) {
                LOG.warn("store lock {} can't be closed; it ends with this process at the latest", file, e);
            } finally {
                HELD.remove(file);
            }
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }
}
