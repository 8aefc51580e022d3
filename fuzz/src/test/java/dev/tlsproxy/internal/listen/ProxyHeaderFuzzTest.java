package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** First bytes of a load balancer's connection, cut anywhere: the same reading, an address and no name, nothing of what follows. */
class ProxyHeaderFuzzTest {

    @FuzzTest(maxDuration = "20s")
    void anyFirstBytes(byte[] data) {
        if (data.length == 0) {
            return;
        }
        int piece = 1 + (data[0] & 0xFF) % 32;
        assertThat(read(data, piece)).isEqualTo(read(data, data.length));
    }

    private static String read(byte[] data, int piece) {
        ProxyHeader header = new ProxyHeader();
        for (int at = 1; at < data.length; at += piece) {
            ByteBuffer in = ByteBuffer.wrap(data, at, Math.min(piece, data.length - at));
            try {
                if (header.take(in)) {
                    header.source()
                            .map(InetSocketAddress::isUnresolved)
                            .ifPresent(name -> assertThat(name).isFalse());
                    return in.position() + " " + header.source();
                }
            } catch (ProxyHeader.MalformedException e) {
                assertThat(e.getMessage()).doesNotContain("\r", "\n");
                return e.getMessage();
            }
        }
        return "incomplete";
    }
}
