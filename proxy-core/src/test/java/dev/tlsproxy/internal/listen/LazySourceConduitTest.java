package dev.tlsproxy.internal.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

class LazySourceConduitTest {

    private boolean resumed;
    private int changes;
    private ReadReadyHandler ready;
    private int heard;
    private final LazySourceConduit conduit = new LazySourceConduit(socket());

    @Test
    void suspendingAndResumingAroundARequestDoesNotReachTheSelector() {
        begin();
        conduit.resumeReads();
        int before = changes;
        conduit.suspendReads();
        assertThat(conduit.isReadResumed()).isFalse();
        assertThat(resumed).isTrue();
        conduit.resumeReads();
        assertThat(conduit.isReadResumed()).isTrue();
        assertThat(changes).isEqualTo(before);
    }

    @Test
    void whatComesUnwantedIsNotToldAndSuspendsReadsSoThatTheThreadDoesNotSpin() {
        begin();
        conduit.resumeReads();
        conduit.suspendReads();
        ready.readReady();
        assertThat(heard).isZero();
        assertThat(resumed).isFalse();
        conduit.resumeReads();
        assertThat(resumed).isTrue();
        ready.readReady();
        assertThat(heard).isEqualTo(1);
    }

    @Test
    void wokenReaderIsTold() {
        begin();
        conduit.resumeReads();
        conduit.suspendReads();
        conduit.wakeupReads();
        ready.readReady();
        assertThat(heard).isEqualTo(1);
        assertThat(conduit.isReadResumed()).isTrue();
    }

    @Test
    void suspendsAtOnceAndTellsEverythingBeforeItBegins() {
        conduit.setReadReadyHandler(handler());
        conduit.resumeReads();
        conduit.suspendReads();
        assertThat(resumed).isFalse();
        ready.readReady();
        assertThat(heard).isEqualTo(1);
    }

    private void begin() {
        conduit.setReadReadyHandler(handler());
        conduit.begin();
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
                LazySourceConduitTest.class.getClassLoader(),
                new Class<?>[] {StreamSourceConduit.class},
                (self, method, given) -> switch (method.getName()) {
                    case "resumeReads", "wakeupReads" -> set(true);
                    case "suspendReads" -> set(false);
                    case "isReadResumed" -> resumed;
                    case "setReadReadyHandler" -> {
                        ready = (ReadReadyHandler) given[0];
                        yield null;
                    }
                    default -> null;
                });
    }

    private Object set(boolean now) {
        changes += resumed == now ? 0 : 1;
        resumed = now;
        return null;
    }
}
