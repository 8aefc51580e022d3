package dev.tlsproxy.internal.upstream;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.IoFuture;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;

/**
 * One new connection in the making: the host's addresses in order, each with its share of the time that is left. On one I/O
 * thread. XNIO has no time-out of its own for connecting, and may report a connection after it was given up.
 */
final class ConnectTry {

    private static final OptionMap SOCKET = OptionMap.builder()
            .set(Options.TCP_NODELAY, true)
            .set(Options.KEEP_ALIVE, true)
            .getMap();

    private final UpstreamAddress upstream;
    private final @Nullable ClientAddresses announced;
    private final XnioIoThread thread;
    private final LongSupplier ticker;
    private final UpstreamConnector.Callback callback;
    private final long deadline;
    private final Deque<InetAddress> addresses = new ArrayDeque<>();
    private XnioExecutor.@Nullable Key timer;
    private int step; // what belongs to an earlier step comes too late
    private boolean done;

    ConnectTry(
            UpstreamAddress upstream,
            @Nullable ClientAddresses announced,
            XnioIoThread thread,
            Duration timeout,
            LongSupplier ticker,
            UpstreamConnector.Callback callback) {
        this.upstream = upstream;
        this.announced = announced;
        this.thread = thread;
        this.ticker = ticker;
        this.callback = callback;
        this.deadline = ticker.getAsLong() + timeout.toNanos();
    }

    /** Starts the clock for the look-up. */
    void start() {
        timer = Timers.after(thread, deadline - ticker.getAsLong(), () -> end(UpstreamFailure.CONNECT_TIMEOUT));
    }

    void resolved(@Nullable List<InetAddress> found) {
        if (done) {
            return;
        }
        if (found == null) {
            end(UpstreamFailure.UNKNOWN_HOST);
            return;
        }
        addresses.addAll(found);
        next(UpstreamFailure.REFUSED);
    }

    private void next(UpstreamFailure last) {
        stopTimer();
        int mine = ++step;
        long left = deadline - ticker.getAsLong();
        InetAddress address = addresses.poll();
        if (address == null || left <= 0) {
            end(address == null ? last : UpstreamFailure.CONNECT_TIMEOUT);
            return;
        }
        URI uri = upstream.uri();
        IoFuture<StreamConnection> connecting = thread.openStreamConnection(
                new InetSocketAddress(address, uri.getPort()), opened -> opened(mine, opened), SOCKET);
        connecting.addNotifier(
                (future, attachment) -> {
                    if (future.getStatus() == IoFuture.Status.FAILED) {
                        UpstreamState.execute(thread, () -> failed(mine, UpstreamFailure.REFUSED));
                    }
                },
                null);
        timer = Timers.after(thread, left / (addresses.size() + 1), () -> {
            connecting.cancel();
            failed(mine, UpstreamFailure.CONNECT_TIMEOUT);
        });
    }

    private void opened(int mine, StreamConnection socket) {
        if (done || mine != step) {
            IoUtils.safeClose(socket);
            return;
        }
        if (!sendHeader(socket)) {
            IoUtils.safeClose(socket);
            failed(mine, UpstreamFailure.REFUSED);
            return;
        }
        if (upstream.tls() == null) {
            succeed(socket);
            return;
        }
        TlsConnect handshake = new TlsConnect(socket, upstream);
        stopTimer();
        timer = Timers.after(thread, deadline - ticker.getAsLong(), () -> {
            failed(mine, UpstreamFailure.CONNECT_TIMEOUT);
            handshake.close();
        });
        handshake.start(secure -> {
            if (done || mine != step) {
                IoUtils.safeClose(secure);
            } else if (secure == null) {
                failed(mine, UpstreamFailure.TLS);
            } else {
                succeed(secure);
            }
        });
    }

    /** Whole or not at all: it is shorter than what the buffer of any new socket takes. */
    private boolean sendHeader(StreamConnection socket) {
        ProxyHeaderVersion version = upstream.proxyProtocol();
        if (version == null) {
            return true;
        }
        try {
            ByteBuffer header = ByteBuffer.wrap(
                    announced != null
                            ? version.announcing(announced)
                            : version.local(new ClientAddresses(
                                    socket.getLocalAddress(InetSocketAddress.class),
                                    socket.getPeerAddress(InetSocketAddress.class))));
            socket.getSinkChannel().write(header);
            return !header.hasRemaining();
        } catch (IOException e) {
            return false;
        }
    }

    private void failed(int mine, UpstreamFailure failure) {
        if (!done && mine == step) {
            next(failure);
        }
    }

    private void succeed(StreamConnection connection) {
        done = true;
        stopTimer();
        callback.connected(connection);
    }

    private void end(UpstreamFailure failure) {
        done = true;
        stopTimer();
        callback.failed(failure);
    }

    private void stopTimer() {
        if (timer != null) {
            timer.remove();
            timer = null;
        }
    }
}
