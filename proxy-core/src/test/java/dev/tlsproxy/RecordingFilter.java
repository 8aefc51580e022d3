package dev.tlsproxy;

import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.Tunnel;
import dev.tlsproxy.spi.TunnelFilter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Passes all on, and tells what it was called with; what else it does is up to a test. */
class RecordingFilter implements TunnelFilter {

    final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    volatile @Nullable Tunnel tunnel;

    @Override
    public void opened(Tunnel opened, HeaderFields response) {
        tunnel = opened;
        calls.add("opened " + response.first("Upgrade").orElse("-"));
    }

    @Override
    public void received(Tunnel.Side from, ByteBuffer bytes) {
        calls.add(from + " " + StandardCharsets.ISO_8859_1.decode(bytes.duplicate()));
        tunnel.send(from.other(), bytes);
    }

    @Override
    public void ended(Tunnel.Side from) {
        calls.add(from + " ended");
        tunnel.end(from.other());
    }

    @Override
    public void drain(Tunnel.DrainReason reason, Duration within) {
        calls.add(reason + " " + within.toSeconds());
    }

    @Override
    public void closed() {
        calls.add("closed");
    }
}
