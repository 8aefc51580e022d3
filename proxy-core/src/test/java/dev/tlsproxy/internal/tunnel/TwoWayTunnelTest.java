package dev.tlsproxy.internal.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.Tunnel.Side;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.DefaultByteBufferPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mockito.Mockito;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** Between two sockets, without TLS. */
@Timeout(60)
class TwoWayTunnelTest {

    private static final int MUCH = 16 * 1024 * 1024;

    private final CountingPool pool = new CountingPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger lastAllocated = new AtomicInteger();
    private XnioWorker worker;
    private ServerSocket server;
    private Socket client;
    private Socket upstream;
    private TwoWayTunnel tunnel;

    @BeforeEach
    void open() throws Exception {
        worker = Xnio.getInstance(TwoWayTunnelTest.class.getClassLoader())
                .createWorker(OptionMap.create(Options.WORKER_IO_THREADS, 1, Options.THREAD_DAEMON, true));
        server = new ServerSocket(0, 2, InetAddress.getLoopbackAddress());
        StreamConnection toClient = connect();
        client = server.accept();
        StreamConnection toUpstream = connect();
        upstream = server.accept();
        tunnel = new TwoWayTunnel(toClient, toUpstream, pool, null, System::nanoTime, "test", closed::countDown);
        toClient.getIoThread().execute(() -> tunnel.start(Mockito.mock(HeaderFields.class)));
    }

    @AfterEach
    void close() throws Exception {
        IoUtils.safeClose(client, upstream, server);
        worker.shutdownNow();
        assertThat(worker.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void holdsNoPooledBufferWhenIdle() throws Exception {
        for (int i = 0; i < 100; i++) {
            pass(client, upstream, i);
            pass(upstream, client, i + 1);
        }

        awaitNoneHeld();
        assertThat(pool.allocated).hasValueGreaterThanOrEqualTo(200);
        assertThat(pool.most).hasValue(1);
    }

    @Test
    void holdsNoPooledBufferWhileAReceiverDoesNotRead() throws Exception {
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> write(client, new byte[MUCH]));
        await().pollInterval(Duration.ofMillis(300)).until(this::stands);
        assertThat(writing).isNotDone();
        awaitNoneHeld();

        assertThat(upstream.getInputStream().readNBytes(MUCH)).hasSize(MUCH);
        writing.get(20, TimeUnit.SECONDS);
        awaitNoneHeld();
        assertThat(tunnel.received(Side.CLIENT)).isEqualTo(MUCH);
        assertThat(tunnel.sent(Side.UPSTREAM)).isEqualTo(MUCH);
    }

    @Test
    void leavesNoPooledBufferBehind() throws Exception {
        pass(client, upstream, 1);
        client.close();
        assertThat(upstream.getInputStream().read()).isEqualTo(-1);
        upstream.close();

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        awaitNoneHeld();
    }

    /** Whether no buffer was taken since it was asked last. */
    private boolean stands() {
        int now = pool.allocated.get();
        return now > 0 && lastAllocated.getAndSet(now) == now;
    }

    private void awaitNoneHeld() {
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(pool.held).hasValue(0));
    }

    private StreamConnection connect() throws IOException {
        return worker.openStreamConnection(server.getLocalSocketAddress(), null, OptionMap.EMPTY)
                .get();
    }

    private static void pass(Socket from, Socket to, int value) throws IOException {
        from.getOutputStream().write(value);
        assertThat(to.getInputStream().read()).isEqualTo(value);
    }

    private static void write(Socket to, byte[] bytes) {
        try {
            to.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Counts the buffers that are out. */
    private static final class CountingPool implements ByteBufferPool {

        final AtomicInteger held = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicInteger allocated = new AtomicInteger();
        private final ByteBufferPool pool = new DefaultByteBufferPool(false, 16 * 1024);

        @Override
        public PooledByteBuffer allocate() {
            allocated.incrementAndGet();
            most.accumulateAndGet(held.incrementAndGet(), Math::max);
            PooledByteBuffer buffer = pool.allocate();
            return new PooledByteBuffer() {
                @Override
                public ByteBuffer getBuffer() {
                    return buffer.getBuffer();
                }

                @Override
                public void close() {
                    if (buffer.isOpen()) {
                        held.decrementAndGet();
                    }
                    buffer.close();
                }

                @Override
                public boolean isOpen() {
                    return buffer.isOpen();
                }
            };
        }

        @Override
        public ByteBufferPool getArrayBackedPool() {
            return this;
        }

        @Override
        public void close() {
            pool.close();
        }

        @Override
        public int getBufferSize() {
            return pool.getBufferSize();
        }

        @Override
        public boolean isDirect() {
            return pool.isDirect();
        }
    }
}
