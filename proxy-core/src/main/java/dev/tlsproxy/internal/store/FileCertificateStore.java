package dev.tlsproxy.internal.store;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.DocumentPath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Certified keys as PEM files in a directory: one file per name, key and chain together, readable with any tool. The
 * file is named after the name: {@code api.example.com.pem}, {@code wildcard_.example.com.pem} for
 * {@code *.example.com}, {@code 0-0-0-0-0-0-0-1.pem} for the address {@code 0:0:0:0:0:0:0:1}.
 *
 * <p>Documents are files in its folder {@code documents}, lock files are in {@code locks}; both in folders as in their
 * paths, with {@code %2A} for a star. A path can't be a document and a folder of others.
 *
 * <p>The directory is made with mode 0700 by the first {@link #save} or {@link #probe}, files have mode 0600; where the
 * file system knows no modes (Windows), both inherit the rights of the directory above. A directory that was there
 * keeps its mode; one that others can enter is logged once, at WARN. A file is replaced by a rename, after its content
 * has reached the disk; a crash before the rename can leave a {@code .new-*.tmp} file, of mode 0600, that nobody reads and
 * that the first {@link #probe} of a later run deletes, once it is ten minutes old.
 */
public final class FileCertificateStore implements CertificateStore {

    /** No certified key's file is so named: they end in .pem. */
    private static final String DOCUMENTS = "documents";

    private static final String LOCKS = "locks";

    private final StoreDirectory directory;

    /**
     * Names the directory; touches nothing on disk.
     *
     * @param directory a directory, or a path where one can be made; a relative one is below the working directory
     * @throws IllegalArgumentException when the path is empty
     */
    public FileCertificateStore(Path directory) {
        if (directory.toString().isEmpty()) {
            throw new IllegalArgumentException("store: \"\" (expected: a directory, \".\" for the working directory)");
        }
        this.directory = new StoreDirectory(directory);
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException when the name is no host pattern in normal form
     */
    @Override
    public Optional<CertifiedKey> load(String name) throws IOException {
        String fileName = fileNameOf(name);
        Optional<byte[]> bytes = directory.read(fileName);
        return bytes.isPresent() ? Optional.of(decode(fileName, bytes.get())) : Optional.empty();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException when the name is no host pattern in normal form, or the key can't be exported
     */
    @Override
    public void save(String name, CertifiedKey key) throws IOException {
        directory.replace(fileNameOf(name), PemWriter.write(key));
    }

    /**
     * {@inheritDoc} One step, also between processes, where the file system has hard links; the default's two where it
     * has none.
     *
     * @throws IllegalArgumentException as for {@link #save}
     */
    @Override
    public boolean saveIfAbsent(String name, CertifiedKey key) throws IOException {
        return directory.create(fileNameOf(name), PemWriter.write(key));
    }

    @Override
    public Optional<byte[]> read(String document) throws IOException {
        return folderOf(DOCUMENTS, document).read(lastSegmentOf(document));
    }

    @Override
    public void write(String document, byte[] content) throws IOException {
        byte[] checked = DocumentPath.checkedContent(document, content);
        folderOf(DOCUMENTS, document).replace(lastSegmentOf(document), checked);
    }

    @Override
    public void delete(String document) throws IOException {
        folderOf(DOCUMENTS, document).delete(lastSegmentOf(document));
    }

    /** {@inheritDoc} The file that is locked stays when the lock is closed. */
    @Override
    public Optional<Lease> tryLock(String lock) throws IOException {
        return StoreLocks.tryLock(folderOf(LOCKS, lock), lastSegmentOf(lock));
    }

    @Override
    public void probe() throws IOException {
        directory.probe();
    }

    /** The directory. */
    @Override
    public String toString() {
        return directory.toString();
    }

    private StoreDirectory folderOf(String kind, String document) {
        String path = onDisk(DocumentPath.checked(document));
        int slash = path.lastIndexOf('/');
        return directory.below(slash < 0 ? kind : kind + "/" + path.substring(0, slash));
    }

    private static String lastSegmentOf(String document) {
        String path = onDisk(document);
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Windows has no star in file names; no document has a percent sign in its path. */
    private static String onDisk(String document) {
        return document.replace("*", "%2A");
    }

    private CertifiedKey decode(String fileName, byte[] bytes) throws IOException {
        String label = "store file " + directory.resolve(fileName);
        try {
            PemContent content = PemContent.parse(label, bytes);
            return content.pairWith(content.certificates());
        } catch (PemContent.NoPairException e) {
            throw new IOException(label + ": " + e.getMessage() + "; delete it to have a new one made", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage() + "; delete it to have a new one made", e);
        }
    }

    /** A host pattern in normal form has no separator, no leading dot and no "..", so it can't leave the directory. */
    private static String fileNameOf(String name) {
        Objects.requireNonNull(name, "name");
        boolean normal = HostPattern.parse(name)
                .filter(pattern -> pattern.kind() != HostPattern.Kind.DEFAULT)
                .filter(pattern -> pattern.text().equals(name))
                .isPresent();
        if (!normal) {
            throw new IllegalArgumentException(
                    "name: \"" + name + "\" (expected: a host, *.HOST or an IP address, in normal form)");
        }
        String plain = name.startsWith("*.") ? "wildcard_" + name.substring(1) : name;
        return plain.replace(':', '-') + ".pem";
    }
}
