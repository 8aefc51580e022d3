package dev.tlsproxy.internal.listen;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.WriteReadyHandler;

/** The end that a sink conduit under test writes to: takes as much as it is told to, and notes each call. */
final class RecordingSink {

    private final XnioIoThread thread;
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final List<String> calls = new ArrayList<>();
    private int room = Integer.MAX_VALUE;
    private boolean broken;
    private @Nullable WriteReadyHandler ready;

    RecordingSink(XnioIoThread thread) {
        this.thread = thread;
    }

    byte[] sent() {
        return sent.toByteArray();
    }

    /** The calls so far, such as {@code write 12} and {@code resumeWrites}. */
    List<String> calls() {
        return calls;
    }

    void takeOnly(int bytes) {
        room = bytes;
    }

    void takeAll() {
        room = Integer.MAX_VALUE;
    }

    void breakDown() {
        broken = true;
    }

    /** What the selector does. */
    void becomeWritable() {
        if (ready != null) {
            ready.writeReady();
        }
    }

    StreamSinkConduit conduit() {
        return (StreamSinkConduit) Proxy.newProxyInstance(
                RecordingSink.class.getClassLoader(),
                new Class<?>[] {StreamSinkConduit.class},
                (self, method, given) -> switch (method.getName()) {
                    case "write" -> given.length == 1 ? take((ByteBuffer) given[0]) : (Object) takeFirst(given);
                    case "getWriteThread" -> thread;
                    case "setWriteReadyHandler" -> {
                        ready = (WriteReadyHandler) given[0];
                        yield null;
                    }
                    case "flush" -> calls.add("flush");
                    default -> {
                        calls.add(method.getName());
                        yield null;
                    }
                });
    }

    private long takeFirst(Object[] given) throws IOException {
        return take(((ByteBuffer[]) given[0])[(int) given[1]]);
    }

    private int take(ByteBuffer source) throws IOException {
        if (broken) {
            throw new IOException("broken pipe");
        }
        int count = Math.min(room, source.remaining());
        if (count > 0) {
            calls.add("write " + count);
        }
        room -= room == Integer.MAX_VALUE ? 0 : count;
        byte[] bytes = new byte[count];
        source.get(bytes);
        sent.writeBytes(bytes);
        return count;
    }
}
