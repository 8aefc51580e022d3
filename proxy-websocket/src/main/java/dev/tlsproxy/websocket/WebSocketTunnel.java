package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.Tunnel;
import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.spi.TunnelFilter;
import dev.tlsproxy.websocket.Farewell.Goodbye;
import dev.tlsproxy.websocket.Slots.Slot;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One tunnel: follows its frames, holds it to the policy and brings it to its end. */
final class WebSocketTunnel implements TunnelFilter {

    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final int RSV1 = 0x40;
    private static final int ALL_RESERVED = 0x70;

    private final Settings settings;
    private final Slot slot;
    private final Frames frames;
    private final Report report;
    private @Nullable Open open;
    private boolean over;

    WebSocketTunnel(Settings settings, Slot slot, Report report, RandomGenerator random) {
        this.settings = settings;
        this.slot = slot;
        this.report = report;
        this.frames = new Frames(random);
    }

    @Override
    public void opened(Tunnel tunnel, HeaderFields response) {
        Open opening = new Open(tunnel);
        open = opening;
        report.opened(tunnel.nanoTime());
        opening.allowExtensions(response);
        opening.start();
        opening.checkSubprotocol(response);
    }

    @Override
    public void received(Side from, ByteBuffer bytes) {
        if (open != null) {
            open.received(from, bytes);
        }
    }

    @Override
    public void ended(Side from) {
        if (open != null) {
            open.farewell.ended(from);
        }
    }

    @Override
    public void drain(Tunnel.DrainReason reason, Duration within) {
        if (open != null) {
            open.drain(reason, within);
        }
    }

    @Override
    public void closed() {
        if (over) {
            return;
        }
        over = true;
        slot.giveBack();
        if (open != null) {
            report.closed(open.tunnel.nanoTime(), open.farewell);
        }
    }

    /** What a tunnel has once it is open. */
    private final class Open implements Flow.Owner {

        private final Tunnel tunnel;
        private final Farewell farewell;
        private final Flow client;
        private final Flow upstream;
        private final byte[] pingPayload = frames.pingPayload();
        private final @Nullable KeepAlive clientAlive;
        private final @Nullable KeepAlive upstreamAlive;
        private final @Nullable DataClock dataClock;
        private Runnable cancelDrain = () -> {};

        Open(Tunnel tunnel) {
            this.tunnel = tunnel;
            this.farewell = new Farewell(
                    tunnel, frames, settings.closeTimeout(), from -> flow(from).reader());
            this.client = flowFrom(Side.CLIENT);
            this.upstream = flowFrom(Side.UPSTREAM);
            this.clientAlive = keepAlive(Side.CLIENT);
            this.upstreamAlive = keepAlive(Side.UPSTREAM);
            this.dataClock = settings.idleTimeout()
                    .map(limit -> new DataClock(tunnel, limit, () -> goingAway("idle")))
                    .orElse(null);
        }

        void start() {
            for (KeepAlive alive : Arrays.asList(clientAlive, upstreamAlive)) {
                if (alive != null) {
                    alive.start();
                }
            }
            if (dataClock != null) {
                dataClock.start();
            }
            settings.lifetime()
                    .ifPresent(limit -> tunnel.after(
                            limit,
                            () -> farewell.beginSoon(
                                    Goodbye.both(CloseCode.GOING_AWAY, "lifetime over"),
                                    settings.closeTimeout(),
                                    settings.closeTimeout())));
        }

        /** Reserved bits are for extensions; the one in use has RSV1, in the first frame of a message. */
        void allowExtensions(HeaderFields response) {
            List<String> names = Handshake.list(response, "Sec-WebSocket-Extensions").stream()
                    .map(extension -> extension.split(";", 2)[0].strip().toLowerCase(Locale.ROOT))
                    .toList();
            boolean onlyDeflate = names.stream().allMatch("permessage-deflate"::equals);
            int bits = names.isEmpty() ? 0 : onlyDeflate ? RSV1 : ALL_RESERVED;
            client.reader().allowReserved(bits, onlyDeflate);
            upstream.reader().allowReserved(bits, onlyDeflate);
        }

        void checkSubprotocol(HeaderFields response) {
            List<String> chosen = Handshake.list(response, "Sec-WebSocket-Protocol");
            if (!settings.subprotocols().isEmpty() && !settings.subprotocols().containsAll(chosen)) {
                farewell.begin(Goodbye.both(CloseCode.POLICY, "subprotocol not allowed"), settings.closeTimeout());
            }
        }

        void received(Side from, ByteBuffer bytes) {
            heard(from);
            Leg leg = farewell.leg(from);
            if (leg.deaf || leg.received.isPresent()) {
                return;
            }
            try {
                flow(from).received(bytes);
            } catch (Violation violation) {
                farewell.refuse(from, violation);
            }
        }

        /** Data goes on until a last part of the time is left: near the deadline, but with time for the answers. */
        void drain(Tunnel.DrainReason reason, Duration within) {
            Duration quarter = within.dividedBy(4);
            Duration last = shorter(settings.closeTimeout(), quarter);
            Duration grace = shorter(GRACE, quarter);
            Goodbye goodbye = reason == Tunnel.DrainReason.PROXY_CLOSES
                    ? Goodbye.both(CloseCode.GOING_AWAY, "proxy closes")
                    : new Goodbye(CloseCode.SERVICE_RESTART, CloseCode.GOING_AWAY, "route changed");
            cancelDrain.run();
            cancelDrain = tunnel.after(within.minus(last).minus(grace), () -> farewell.beginSoon(goodbye, grace, last));
        }

        @Override
        public void data(Side from, int bytes, boolean messageEnded) {
            if (stopped(from)) {
                return;
            }
            report.data(from, bytes, messageEnded);
            if (dataClock != null) {
                dataClock.data();
            }
        }

        @Override
        public boolean control(Side from, int opcode, ByteBuffer payload) throws Violation {
            if (opcode == Frames.CLOSE) {
                farewell.closeReceived(from, CloseCode.of(payload));
            } else if (opcode == Frames.PING) {
                asked(from.other());
            } else if (alive(from) != null && payload.equals(ByteBuffer.wrap(pingPayload))) {
                return false;
            }
            return !stopped(from);
        }

        @Override
        public void closePassed(Side from) {
            farewell.closePassed(from);
        }

        @Override
        public boolean wantsBorder(Side from) {
            KeepAlive receiver = alive(from.other());
            return farewell.wantsBorder(from) || (receiver != null && receiver.due());
        }

        @Override
        public void border(Side from) {
            farewell.border(from);
            KeepAlive receiver = alive(from.other());
            if (receiver != null && receiver.due()) {
                ping(from.other());
            }
        }

        @Override
        public boolean stopped(Side from) {
            return farewell.leg(from.other()).closeSent;
        }

        private void ping(Side to) {
            if (flow(to.other()).reader().atFrameBorder() && !over(to)) {
                tunnel.send(to, frames.ping(to, pingPayload));
                asked(to);
            }
        }

        private void asked(Side to) {
            KeepAlive alive = alive(to);
            if (alive != null) {
                alive.sent();
            }
        }

        private void heard(Side from) {
            farewell.heard();
            KeepAlive alive = alive(from);
            if (alive != null) {
                alive.heard();
            }
        }

        private void goingAway(String reason) {
            farewell.begin(Goodbye.both(CloseCode.GOING_AWAY, reason), settings.closeTimeout());
        }

        private boolean over(Side side) {
            Leg leg = farewell.leg(side);
            return leg.closeSent || leg.endSent || leg.saidAll();
        }

        private @Nullable KeepAlive keepAlive(Side side) {
            return settings.keepAlive()
                    .map(interval -> new KeepAlive(
                            tunnel,
                            interval,
                            () -> over(side),
                            () -> ping(side),
                            () -> goingAway("no answer to a ping")))
                    .orElse(null);
        }

        private Flow flowFrom(Side side) {
            FrameReader reader = new FrameReader(side == Side.CLIENT, settings.maxFrame(), settings.maxMessage());
            return new Flow(side, reader, this, tunnel);
        }

        private Flow flow(Side from) {
            return from == Side.CLIENT ? client : upstream;
        }

        private @Nullable KeepAlive alive(Side side) {
            return side == Side.CLIENT ? clientAlive : upstreamAlive;
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
