package dev.tlsproxy.internal.tls;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.spi.ChallengePort;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/** The challenge answers that are presented at present: immutable snapshots, swapped. Safe for use by several threads. */
public final class ChallengeTable implements ChallengePort {

    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{1,255}");

    private final Answers<String> bodies = new Answers<>();
    private final Answers<CertifiedKey> certificates = new Answers<>();

    /** A table without answers. */
    public ChallengeTable() {}

    @Override
    public Presented http01(String host, String token, String keyAuthorization) {
        Objects.requireNonNull(keyAuthorization, "keyAuthorization");
        if (!isToken(token)) {
            throw new IllegalArgumentException(
                    "token: not of base64url characters (expected: 1 to 255 of A-Z a-z 0-9 - _)");
        }
        return bodies.present(key(normalized(host), token), keyAuthorization);
    }

    @Override
    public Presented tlsAlpn01(String name, CertifiedKey challenge) {
        Objects.requireNonNull(challenge, "challenge");
        return certificates.present(normalized(name), challenge);
    }

    /**
     * The body of an http-01 answer.
     *
     * @param host the host asked for, in normal form
     * @param token what the request path has in the token's place; any text
     * @return the key authorization; empty where none is presented
     */
    public Optional<String> http01Body(String host, String token) {
        return isToken(token) ? bodies.find(key(host, token)) : Optional.empty();
    }

    /**
     * The certificate of a tls-alpn-01 answer.
     *
     * @param name the host name in normal form
     * @return the challenge certificate; empty where none is presented
     */
    public Optional<CertifiedKey> tlsAlpn01Certificate(String name) {
        return certificates.find(name);
    }

    private static boolean isToken(String token) {
        return TOKEN.matcher(token).matches();
    }

    private static String key(String host, String token) {
        return host + "/" + token;
    }

    private static String normalized(String host) {
        return HostName.normalize(host)
                .orElseThrow(() ->
                        new IllegalArgumentException("host: \"" + host + "\" (expected: a host name or IP address)"));
    }

    private static final class Answers<T> {

        /** One presentation; compared by identity, so that closing a replaced one leaves its successor alone. */
        private record Entry<T>(T answer, long turn) {}

        private final AtomicLong turns = new AtomicLong();
        private final AtomicReference<Map<String, Entry<T>>> snapshot = new AtomicReference<>(Map.of());

        Presented present(String key, T answer) {
            long turn = turns.incrementAndGet();
            snapshot.updateAndGet(entries -> {
                Map<String, Entry<T>> next = new HashMap<>(entries);
                next.put(key, new Entry<>(answer, turn));
                return Map.copyOf(next);
            });
            return () -> withdraw(key, turn);
        }

        Optional<T> find(String key) {
            return Optional.ofNullable(snapshot.get().get(key)).map(Entry::answer);
        }

        private void withdraw(String key, long turn) {
            snapshot.updateAndGet(entries -> {
                Entry<T> entry = entries.get(key);
                if (entry == null || entry.turn() != turn) {
                    return entries;
                }
                Map<String, Entry<T>> next = new HashMap<>(entries);
                next.remove(key);
                return Map.copyOf(next);
            });
        }
    }
}
