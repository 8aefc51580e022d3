package dev.tlsproxy.acme.spi;

import java.io.IOException;
import java.time.Duration;

/**
 * Puts dns-01 answers (RFC 8555 section 8.4) where the CA finds them. Called on the certificate manager's own threads, for
 * several names at once; may block.
 */
public interface ChallengeSolver {

    /**
     * Adds a TXT record beside those that are there: for a name and its wildcard two are needed at once.
     *
     * @param recordName the fully qualified name without trailing dot, such as {@code _acme-challenge.example.com}
     * @param value the value, 43 characters of base64url
     * @throws IOException when it can't be added, with a message that names the cause
     * @throws InterruptedException when interrupted
     */
    void present(String recordName, String value) throws IOException, InterruptedException;

    /**
     * Waits until the authoritative servers give the record out. By default returns at once.
     *
     * @param recordName as for {@link #present}
     * @param value as for {@link #present}
     * @param timeout how long to wait at most
     * @throws IOException when it does not appear in time
     * @throws InterruptedException when interrupted
     */
    default void await(String recordName, String value, Duration timeout) throws IOException, InterruptedException {}

    /**
     * Takes that record away again; called also when {@link #present} failed, and once the order is over either way.
     *
     * @param recordName as for {@link #present}
     * @param value as for {@link #present}
     * @throws IOException when it can't be taken away; logged, and nothing else
     * @throws InterruptedException when interrupted
     */
    void cleanUp(String recordName, String value) throws IOException, InterruptedException;
}
