/**
 * From a client request to its client response. In reading order: {@link dev.tlsproxy.internal.http.RequestPipeline} (the
 * way of a request in one method) and its {@link dev.tlsproxy.internal.http.PipelineConfig}; {@code RequestHead} with
 * {@code EmptyQuery}, {@code ExchangeState}, {@code ClientConnection} with {@code ConnectionTls}, {@code ClientLeft} and
 * {@link dev.tlsproxy.internal.http.ClientStream} (what is known of the request, the exchange, the connection);
 * {@code RequestRules} with {@code FieldRules}, {@code TargetRules}, {@code FramingRules} and {@code Authority} (what is
 * refused); {@link dev.tlsproxy.internal.http.RouteTable} with {@code RouteEntry}, {@code HostRoutes} and {@code AmbiguousPath};
 * {@code HopHeaders}; {@code UpstreamTarget}; {@code ForwardingHeaders} with {@code ForwardedConfig} and {@code PeerAddress}; {@code FilteredExchange}
 * with {@code HeaderMapFields}; {@code ExchangeCall} (the way back); {@code BodyWatch} with {@code RequestBody} over
 * {@link dev.tlsproxy.internal.http.CountedSource} with {@code ChunkedFraming},
 * {@code ResponseBody} and {@code IdleSweeps}; {@code Refusal}, {@code GatewayError} and {@code LocalResponse} (the proxy's
 * own answers); {@link dev.tlsproxy.internal.http.InFlight}; {@link dev.tlsproxy.internal.http.Tunnels} with
 * {@code TunnelSlot}.
 */
@NullMarked
package dev.tlsproxy.internal.http;

import org.jspecify.annotations.NullMarked;
