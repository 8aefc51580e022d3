package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;

/** A client's first bytes, cut anywhere: the same reading, and never an exception. */
class ClientHelloFuzzTest {

    @FuzzTest(maxDuration = "20s")
    void anyFirstBytes(byte[] data) {
        if (data.length == 0) {
            return;
        }
        int piece = 1 + (data[0] & 0xFF) % 32;
        assertThat(read(data, piece)).isEqualTo(read(data, data.length));
    }

    private static String read(byte[] data, int piece) {
        ClientHelloReader reader = new ClientHelloReader();
        ClientHelloReader.Status status = ClientHelloReader.Status.NEED_MORE;
        for (int at = 1; at < data.length && status == ClientHelloReader.Status.NEED_MORE; at += piece) {
            status = reader.feed(ByteBuffer.wrap(data, at, Math.min(piece, data.length - at)));
        }
        assertThat(reader.hello().isPresent()).isEqualTo(status == ClientHelloReader.Status.COMPLETE);
        return status + " " + reader.hello();
    }
}
