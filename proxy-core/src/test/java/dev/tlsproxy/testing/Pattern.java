package dev.tlsproxy.testing;

import java.io.InputStream;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** A long body that is never in memory: byte i is a mix of i, so that a lost, doubled or moved block shows. */
public final class Pattern extends InputStream {

    private final long length;
    private long position;

    public Pattern(long length) {
        this.length = length;
    }

    @Override
    public int read() {
        return position == length ? -1 : at(position++) & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int count) {
        if (position == length) {
            return -1;
        }
        int n = (int) Math.min(count, length - position);
        for (int i = 0; i < n; i++) {
            into[offset + i] = at(position++);
        }
        return n;
    }

    /** The checksum of the whole body. */
    public static String checksum(long length) {
        return checksum(new Pattern(length));
    }

    /** The checksum and length of what a stream holds. */
    public static String checksum(InputStream in) {
        CRC32C crc = new CRC32C();
        byte[] block = new byte[64 * 1024];
        long total = 0;
        try {
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                crc.update(block, 0, n);
                total += n;
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return HexFormat.of().toHexDigits(crc.getValue()) + "/" + total;
    }

    private static byte at(long i) {
        return (byte) (i ^ (i >>> 8) * 31 ^ (i >>> 16) * 17 ^ (i >>> 24));
    }
}
