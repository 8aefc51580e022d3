package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

class SparingSourceConduitTest {

    private int available;
    private boolean ended;
    private int reads;
    private ReadReadyHandler ready;
    private int heard;
    private final SparingSourceConduit conduit = new SparingSourceConduit(socket());

    @Test
    void socketThatGaveLessThanThereWasRoomForIsAskedAgainWhenTheSelectorSaysSo() throws Exception {
        conduit.spare();
        conduit.setReadReadyHandler(handler());
        available = 60;
        assertThat(read(100)).isEqualTo(60);
        available = 10;
        assertThat(read(100)).isZero();
        assertThat(reads).isEqualTo(1);
        ready.readReady();
        assertThat(heard).isEqualTo(1);
        assertThat(read(100)).isEqualTo(10);
    }

    @Test
    void fullBufferIsFollowedByAnotherRead() throws Exception {
        conduit.spare();
        available = 150;
        assertThat(read(100)).isEqualTo(100);
        assertThat(read(100)).isEqualTo(50);
        assertThat(reads).isEqualTo(2);
    }

    @Test
    void endIsToldEachTime() throws Exception {
        conduit.spare();
        ended = true;
        assertThat(read(100)).isEqualTo(-1);
        assertThat(read(100)).isEqualTo(-1);
    }

    @Test
    void everyReadAsksTheSocketBeforeItIsToSpare() throws Exception {
        available = 60;
        assertThat(read(100)).isEqualTo(60);
        assertThat(read(100)).isZero();
        assertThat(reads).isEqualTo(2);
    }

    private int read(int room) throws IOException {
        return conduit.read(ByteBuffer.allocate(room));
    }

    private ReadReadyHandler handler() {
        return new ReadReadyHandler() {
            @Override
            public void readReady() {
                heard++;
            }

            @Override
            public void forceTermination() {}

            @Override
            public void terminated() {}
        };
    }

    private StreamSourceConduit socket() {
        return (StreamSourceConduit) Proxy.newProxyInstance(
                SparingSourceConduitTest.class.getClassLoader(),
                new Class<?>[] {StreamSourceConduit.class},
                (self, method, given) -> switch (method.getName()) {
                    case "read" -> give((ByteBuffer) given[0]);
                    case "setReadReadyHandler" -> {
                        ready = (ReadReadyHandler) given[0];
                        yield null;
                    }
                    default -> null;
                });
    }

    private int give(ByteBuffer target) {
        reads++;
        if (ended) {
            return -1;
        }
        int count = Math.min(available, target.remaining());
        available -= count;
        target.put(new byte[count]);
        return count;
    }
}
