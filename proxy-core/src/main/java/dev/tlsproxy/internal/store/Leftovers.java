package dev.tlsproxy.internal.store;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Temporary files of processes that died in a write. A write takes milliseconds, so what is ten minutes old is nobody's any
 * more; should one take longer all the same, it fails and is told of. A process id in the name would tell sooner, but the
 * processes of a store may live in containers that can't see each other.
 */
final class Leftovers {

    static final String PREFIX = ".new-";
    static final String SUFFIX = ".tmp";

    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);
    private static final Duration NOBODYS = Duration.ofMinutes(10);
    private static final int DEEPEST = 16;

    private Leftovers() {}

    /**
     * Deletes them, in all folders.
     *
     * @param now by the clock of the file system, which may be another machine's
     */
    static void sweep(Path directory, Instant now) {
        try {
            Files.walkFileTree(
                    directory, EnumSet.noneOf(java.nio.file.FileVisitOption.class), DEEPEST, new Sweeper(now));
        } catch (IOException e) {
            LOG.debug("{} can't be swept", directory, e);
        }
    }

    private static final class Sweeper extends SimpleFileVisitor<Path> {

        private final Instant newest;

        Sweeper(Instant now) {
            this.newest = now.minus(NOBODYS);
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            String name = String.valueOf(file.getFileName());
            if (attributes.isRegularFile()
                    && name.startsWith(PREFIX)
                    && name.endsWith(SUFFIX)
                    && attributes.lastModifiedTime().toInstant().isBefore(newest)
                    && Files.deleteIfExists(file)) {
                LOG.info("deleted {}, which a process left that died while it wrote", file);
            }
            return FileVisitResult.CONTINUE;
        }

        /** Gone meanwhile, or not ours to read. */
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException problem) {
            return FileVisitResult.CONTINUE;
        }
    }
}
