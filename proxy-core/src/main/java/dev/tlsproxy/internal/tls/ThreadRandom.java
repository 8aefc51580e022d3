package dev.tlsproxy.internal.tls;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * A secure random source whose threads don't wait for each other: each takes bytes in advance from the operating
 * system's generator and hands each of them out once. So what comes out is the system's randomness itself; nothing is
 * stretched, and there is no state from which earlier or later bytes could be told. What was handed out is wiped at
 * once. No thread ever gets another one's bytes.
 */
final class ThreadRandom extends SecureRandom {

    private static final long serialVersionUID = 1L;
    private static final int AHEAD = 1024;

    private final transient SecureRandom source;
    private final transient ThreadLocal<Ahead> ahead = ThreadLocal.withInitial(Ahead::new);

    /**
     * Makes one.
     *
     * @param source a generator that never blocks and is safe for several threads
     */
    ThreadRandom(SecureRandom source) {
        // Not the constructor without arguments, which would look up and seed a generator of its own.
        super(null, source.getProvider());
        this.source = source;
    }

    private static final class Ahead {
        private final byte[] bytes = new byte[AHEAD];
        private int used = AHEAD;
    }

    /** Overridden instead of the SPI: SecureRandom holds a lock around an SPI that no provider calls thread-safe. */
    @Override
    public void nextBytes(byte[] wanted) {
        if (wanted.length > AHEAD / 4) {
            source.nextBytes(wanted);
            return;
        }
        Ahead mine = ahead.get();
        if (wanted.length > AHEAD - mine.used) {
            source.nextBytes(mine.bytes);
            mine.used = 0;
        }
        System.arraycopy(mine.bytes, mine.used, wanted, 0, wanted.length);
        Arrays.fill(mine.bytes, mine.used, mine.used + wanted.length, (byte) 0);
        mine.used += wanted.length;
    }

    @Override
    public byte[] generateSeed(int count) {
        return source.generateSeed(count);
    }

    /** More seed goes to the source, which adds it to its own and never replaces it. */
    @Override
    public void setSeed(byte[] seed) {
        source.setSeed(seed);
    }

    /** Called by java.util.Random's constructor, before there is a source. The system's generator needs no seed. */
    @Override
    public void setSeed(long seed) {}

    @Override
    public String getAlgorithm() {
        return source.getAlgorithm();
    }

    @Override
    public String toString() {
        return "ThreadRandom over " + source.getAlgorithm();
    }
}
