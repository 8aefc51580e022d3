package dev.tlsproxy.spi;

import java.io.IOException;
import java.util.Optional;

/**
 * The durable home of certified keys, by name. A name is a host pattern in lower case ({@code api.example.com},
 * {@code *.example.com}), an IP address in text form, or one of the proxy's own that no host can have
 * ({@code local-ca}).
 *
 * <p>What it keeps are private keys: an implementation lets nobody else read them and never logs them. Implementations
 * are safe for use by several threads, and {@link #save} may run beside {@link #load} of the same name; methods may block,
 * and are never called on an I/O thread. A store may be shared by several proxies, also in other processes; each must then
 * see what another has saved. Its {@code toString} names the place, for messages.
 */
public interface CertificateStore {

    /**
     * Reads what was saved under a name.
     *
     * @param name the name
     * @return the certified key, or empty where nothing was saved
     * @throws IOException when something is there and can't be read, with a message that names it and the remedy, and
     *     holds nothing of a key
     */
    Optional<CertifiedKey> load(String name) throws IOException;

    /**
     * Saves under a name, in place of what was there: a reader, also after a crash, sees the old or the new, never a
     * part.
     *
     * @param name the name
     * @param key the certified key
     * @throws IOException when it can't be saved, with a message that names the place and the remedy
     */
    void save(String name, CertifiedKey key) throws IOException;

    /**
     * Saves under a name where nothing was saved yet, so that proxies that share a store agree on what the first of them
     * made. This default looks and then saves: two that call it in the same instant may both be told true, and the later
     * one's stays. A store that can do it in one step should.
     *
     * @param name the name
     * @param key the certified key
     * @return true where it was saved, false where something was there, which is kept
     * @throws IOException as for {@link #load} and {@link #save}
     */
    default boolean saveIfAbsent(String name, CertifiedKey key) throws IOException {
        if (load(name).isPresent()) {
            return false;
        }
        save(name, key);
        return true;
    }

    /**
     * Reads a document: private data of a certificate manager, such as a CA account or what was tried for a name.
     *
     * @param document a relative path of at most 6 segments of {@code [A-Za-z0-9._*-]}, none of them {@code .} or
     *     {@code ..}, such as {@code acme/ca.example/account.pem}; not one under which other documents are
     * @return its content, or empty where it was never written
     * @throws IllegalArgumentException when it is no such path
     * @throws IOException when something is there and can't be read, with a message that names it and the remedy
     */
    Optional<byte[]> read(String document) throws IOException;

    /**
     * Writes a document in place of what was there: a reader, also after a crash, sees the old or the new, never a part.
     *
     * @param document as for {@link #read}
     * @param content at most 1 MiB; may be secret
     * @throws IllegalArgumentException when it is no such path, or the content is larger
     * @throws IOException when it can't be written, with a message that names the place and the remedy
     */
    void write(String document, byte[] content) throws IOException;

    /**
     * Deletes a document; does nothing where there is none.
     *
     * @param document as for {@link #read}
     * @throws IllegalArgumentException when it is no such path
     * @throws IOException when it can't be deleted
     */
    void delete(String document) throws IOException;

    /**
     * Takes a lock that no one else, in this JVM or another process on the same store, holds. The holder's death
     * releases it.
     *
     * @param lock as for {@link #read}
     * @return the lock, held; empty where another holds it
     * @throws IllegalArgumentException when it is no such path
     * @throws IOException when it can't be known
     */
    Optional<Lease> tryLock(String lock) throws IOException;

    /** A lock that is held until closed. Closing twice does nothing more. */
    interface Lease extends AutoCloseable {

        @Override
        void close();
    }

    /**
     * Shows that {@link #save} would work, by writing, reading and deleting something. Leaves nothing behind.
     *
     * @throws IOException when it would not, with a message that names the place and the remedy
     */
    void probe() throws IOException;

    /**
     * A store that forgets all when it is garbage: for tests.
     *
     * @return a new, empty store
     */
    static CertificateStore inMemory() {
        return new InMemoryCertificateStore();
    }
}
