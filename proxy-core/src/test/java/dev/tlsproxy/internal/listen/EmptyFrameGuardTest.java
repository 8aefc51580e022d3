package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xnio.conduits.StreamSourceConduit;

class EmptyFrameGuardTest {

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int PRIORITY = 2;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final EmptyFrameGuard guard = new EmptyFrameGuard(unread(), ByteBuffer.allocate(0));

    EmptyFrameGuardTest() {
        sent.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    private static StreamSourceConduit unread() {
        return (StreamSourceConduit) Proxy.newProxyInstance(
                EmptyFrameGuardTest.class.getClassLoader(),
                new Class<?>[] {StreamSourceConduit.class},
                (self, method, given) -> {
                    throw new UnsupportedOperationException();
                });
    }

    private void frame(int type, int flags, int length) {
        sent.writeBytes(new byte[] {0, 0, (byte) length, (byte) type, (byte) flags, 0, 0, 0, 1});
        sent.writeBytes(new byte[length]);
    }

    private void inspect(int pieces) throws IOException {
        byte[] bytes = sent.toByteArray();
        for (int from = 0; from < bytes.length; from += pieces) {
            guard.inspect(ByteBuffer.wrap(bytes, from, Math.min(pieces, bytes.length - from)));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 1", "2, 5, 7", "9, 0, 16384"})
    void refusesMoreThanAThousandFramesWithoutUse(int type, int length, int pieces) throws IOException {
        for (int i = 0; i < 1000; i++) {
            frame(type, 0, length);
        }
        inspect(pieces);
        sent.reset();
        frame(type, 0, length);

        assertThatThrownBy(() -> inspect(pieces))
                .isInstanceOf(IOException.class)
                .hasMessage("flood of empty HTTP/2 frames");
    }

    @Test
    void letsAnyNumberOfRequestsUploadsAndWindowUpdatesPass() {
        for (int i = 0; i < 5000; i++) {
            frame(HEADERS, 0, 20);
            frame(PRIORITY, 0, 5);
            frame(PRIORITY, 0, 5);
            frame(DATA, 0, 3);
            frame(DATA, 0, 0);
            frame(DATA, END_STREAM, 0);
            frame(WINDOW_UPDATE, 0, 4);
        }

        assertThatCode(() -> inspect(1000)).doesNotThrowAnyException();
    }

    @Test
    void usefulFramesAreNoStoreForAFlood() throws IOException {
        for (int i = 0; i < 5000; i++) {
            frame(DATA, 0, 1);
        }
        for (int i = 0; i < 1000; i++) {
            frame(DATA, 0, 0);
        }
        inspect(4096);
        sent.reset();
        frame(DATA, 0, 0);

        assertThatThrownBy(() -> inspect(9)).isInstanceOf(IOException.class);
    }
}
