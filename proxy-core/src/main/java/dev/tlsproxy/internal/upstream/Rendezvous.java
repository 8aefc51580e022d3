package dev.tlsproxy.internal.upstream;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;

/**
 * Rendezvous hashing: of all upstreams a client's is the one with the highest score. When one leaves, its clients only
 * move; when one comes, it takes its part from each of the others.
 */
final class Rendezvous {

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private Rendezvous() {}

    /** Stays the same from run to run, and from one proxy to another. */
    static long key(String upstream) {
        return hash(upstream.getBytes(StandardCharsets.UTF_8));
    }

    /** The address alone: neither port nor zone. */
    static long key(InetAddress client) {
        return hash(client.getAddress());
    }

    static long score(long client, long upstream) {
        return mix(client ^ mix(upstream));
    }

    /** FNV-1a, whose upper bits need the mixing. */
    private static long hash(byte[] bytes) {
        long hash = FNV_OFFSET;
        for (byte b : bytes) {
            hash = (hash ^ (b & 0xff)) * FNV_PRIME;
        }
        return mix(hash);
    }

    /** The finalizer of MurmurHash3: each bit of the input changes each bit of the output with a probability of a half. */
    private static long mix(long bits) {
        long mixed = (bits ^ (bits >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }
}
