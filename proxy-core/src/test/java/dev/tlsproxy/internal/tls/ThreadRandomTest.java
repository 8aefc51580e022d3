package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ThreadRandomTest {

    @Test
    void handsOutEachByteOfTheSourceOnceInOrder() {
        ThreadRandom random = new ThreadRandom(new Counting());
        List<BigInteger> seen = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            byte[] eight = new byte[8];
            random.nextBytes(eight);
            seen.add(new BigInteger(1, eight));
        }

        assertThat(seen).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void takesMuchRightFromTheSource() {
        Counting source = new Counting();
        byte[] much = new byte[4096];
        new ThreadRandom(source).nextBytes(much);

        assertThat(much).isNotEqualTo(new byte[4096]);
        assertThat(source.served).isEqualTo(4096);
    }

    @Test
    void givesNoTwoThreadsTheSame() throws Exception {
        ThreadRandom random = new ThreadRandom(TlsProvider.newRandom());
        Set<BigInteger> seen = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<Void> draw = () -> {
                for (int i = 0; i < 2000; i++) {
                    byte[] bytes = new byte[32];
                    random.nextBytes(bytes);
                    seen.add(new BigInteger(1, bytes));
                }
                return null;
            };
            for (Future<Void> done : threads.invokeAll(List.of(draw, draw, draw, draw))) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }

        assertThat(seen).hasSize(8000);
    }

    @Test
    void seedsFromTheSource() {
        assertThat(new ThreadRandom(TlsProvider.newRandom()).generateSeed(32))
                .hasSize(32)
                .isNotEqualTo(new byte[32]);
    }

    /** Counts up, in words of eight bytes. */
    private static final class Counting extends SecureRandom {

        private static final long serialVersionUID = 1L;

        private long next;
        private int served;

        @Override
        public void nextBytes(byte[] bytes) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (next / 8 >> 8 * (7 - next % 8));
                next++;
            }
            served += bytes.length;
        }
    }
}
