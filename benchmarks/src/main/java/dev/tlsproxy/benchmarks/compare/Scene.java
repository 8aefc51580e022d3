package dev.tlsproxy.benchmarks.compare;

import java.nio.file.Path;

/**
 * What every proxy has in common: the certificate and what is behind it.
 *
 * @param peers the Debian 13 root
 * @param plainPort of the upstream that answers with a few bytes, and {@code /100m} with 100 MB
 * @param javaPort of the upstream in this JVM, for paths under {@code /java}: takes uploads, echoes WebSocket messages
 */
record Scene(Peers peers, int plainPort, int javaPort) {

    /** Its file names, in {@link Peers#work}. */
    static final String CHAIN = "cert.pem";

    static final String KEY = "key.pem";

    /** HAProxy wants both in one file. */
    static final String CHAIN_AND_KEY = "both.pem";

    static final String HOST = "bench.test";

    Path chain() {
        return peers.work().resolve(CHAIN);
    }

    Path key() {
        return peers.work().resolve(KEY);
    }

    String plain() {
        return "127.0.0.1:" + plainPort;
    }

    String java() {
        return "127.0.0.1:" + javaPort;
    }
}
