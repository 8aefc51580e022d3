package dev.tlsproxy.internal.listen;

import dev.tlsproxy.internal.listen.AcceptedSockets.OpenConnection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ConduitStreamSourceChannel;

/** Reads the PROXY header of one accepted connection, within its time. Runs on the connection's I/O thread. */
final class ProxyHeaderAttempt {

    private final OpenConnection connection;
    private final Door door;
    private final Consumer<StreamConnection> then;
    private final ProxyHeader header = new ProxyHeader();
    private final ByteBuffer buffer = ByteBuffer.allocate(1024);
    private final XnioExecutor.Key timer;

    /**
     * An attempt.
     *
     * @param then gets the connection from behind the header on, with the addresses the header names
     */
    ProxyHeaderAttempt(OpenConnection connection, Door door, Consumer<StreamConnection> then) {
        this.connection = connection;
        this.door = door;
        this.then = then;
        long millis = door.proxyHeader().toMillis();
        this.timer = connection
                .raw()
                .getIoThread()
                .executeAfter(
                        () -> refuse("the PROXY header was not complete after " + millis + " ms"),
                        millis,
                        TimeUnit.MILLISECONDS);
        connection.onClosed(timer::remove);
    }

    void begin() {
        ConduitStreamSourceChannel source = connection.raw().getSourceChannel();
        source.setReadListener(this::read);
        read(source);
    }

    private void read(ConduitStreamSourceChannel source) {
        try {
            int count = source.read(buffer.clear());
            boolean done = false;
            while (count > 0 && !done) {
                done = header.take(buffer.flip());
                count = done ? count : source.read(buffer.clear());
            }
            if (count < 0) {
                refuse("the peer closed the connection before its PROXY header was complete");
                return;
            }
            if (done) {
                goOn(source);
            } else {
                source.resumeReads();
            }
        } catch (ProxyHeader.MalformedException e) {
            refuse(Objects.requireNonNull(e.getMessage()));
        } catch (IOException e) {
            refuse("the connection broke before its PROXY header was complete");
        }
    }

    private void goOn(ConduitStreamSourceChannel source) {
        timer.remove();
        connection.onClosed(() -> {});
        source.suspendReads();
        source.setReadListener(null);
        byte[] rest = new byte[buffer.remaining()];
        buffer.get(rest);
        then.accept(new ProxiedConnection(
                connection.raw(),
                rest,
                header.source().orElse(connection.peer()),
                header.destination().orElse(connection.raw().getLocalAddress(InetSocketAddress.class))));
    }

    private void refuse(String reason) {
        timer.remove();
        door.tellRefused(connection.peer(), reason);
        connection.close();
    }
}
