package dev.tlsproxy.internal.http;

import dev.tlsproxy.spi.ProxyEvents;
import java.time.Duration;
import java.util.function.BiPredicate;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * What the pipeline is built from; {@link RequestPipeline#change} replaces routes, forwarding and body idle time later.
 *
 * @param routes where requests go
 * @param forwarded how upstreams learn who the client is
 * @param publicPort the port clients reach the HTTPS listener at; asked for each request
 * @param covers answers whether the certificate shown to a client that named a server (first argument; empty text for no
 *     SNI) covers a host (second argument; in normal form). Called on I/O threads
 * @param bodyIdle how long a request or response body may make no progress; positive
 * @param events hears how exchanges ended
 * @param inFlight counts them
 * @param tunnels what upgrades lead to
 * @param nanos the time, as of {@link System#nanoTime}
 */
public record PipelineConfig(
        RouteTable routes,
        ForwardedConfig forwarded,
        IntSupplier publicPort,
        BiPredicate<String, String> covers,
        Duration bodyIdle,
        ProxyEvents events,
        InFlight inFlight,
        Tunnels tunnels,
        LongSupplier nanos) {}
