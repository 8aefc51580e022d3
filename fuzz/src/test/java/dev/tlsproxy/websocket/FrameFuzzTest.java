package dev.tlsproxy.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** The bytes of one side of a tunnel, cut anywhere: the same frames or the same violation, and none over its limit. */
class FrameFuzzTest {

    private static final long MAX_FRAME = 1000;
    private static final long MAX_MESSAGE = 2000;

    @FuzzTest(maxDuration = "20s")
    void anyFrames(byte[] data) {
        if (data.length < 2) {
            return;
        }
        int piece = 1 + (data[0] & 0xFF) % 64;
        assertThat(read(data, piece)).isEqualTo(read(data, data.length));
    }

    private static String read(byte[] data, int piece) {
        FrameReader reader = new FrameReader((data[1] & 1) == 0, MAX_FRAME, MAX_MESSAGE);
        reader.allowReserved(data[1] & 0x40, (data[1] & 2) == 0);
        StringBuilder frames = new StringBuilder();
        long payload = 0;
        try {
            for (int at = 2; at < data.length; at += piece) {
                ByteBuffer in = ByteBuffer.wrap(data, at, Math.min(piece, data.length - at));
                while (in.hasRemaining()) {
                    int before = in.position();
                    FrameReader.Step step = reader.next(in);
                    assertThat(in.position()).isGreaterThan(before);
                    switch (step) {
                        case HELD -> assertThat(reader.held()).isBetween(1, 139);
                        case PAYLOAD -> payload += in.position() - before;
                        case DATA -> frames.append(" data ").append(reader.opcode());
                        case CONTROL ->
                            frames.append(" control ")
                                    .append(reader.opcode())
                                    .append(HexFormat.of()
                                            .formatHex(reader.controlPayload().array()));
                    }
                }
            }
        } catch (Violation e) {
            frames.append(' ').append(e.getMessage());
        }
        return frames + ", payload " + payload + ", whole " + reader.atMessageBorder();
    }
}
