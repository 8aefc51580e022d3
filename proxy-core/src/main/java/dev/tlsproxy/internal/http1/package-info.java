/**
 * HTTP/1.1 as a client (RFC 9112) over an open connection to an upstream, written for a proxy: what can be read in two ways
 * is refused, and a connection is used again only when it is certainly clean. In reading order:
 *
 * <ol>
 *   <li>{@link Http1Connection} over {@link StreamClientConnection}, with {@link Http1Exchange}: one request and its response at a time.
 *   <li>The request: {@link RequestHeadWriter}, {@link RequestSink}.
 *   <li>The response's head: {@link ResponseHeadParser} with {@link LineReader}, {@link FieldLines} and {@link Octets};
 *       {@link ResponseHead}, {@link ResponseFraming} with {@link ContentLength}.
 *   <li>The response's body: {@link ResponseSource}, {@link ChunkedDecoder}, {@link TrailerFields}.
 *   <li>{@link MalformedResponseException}: what an upstream got wrong.
 * </ol>
 */
@NullMarked
package dev.tlsproxy.internal.http1;

import org.jspecify.annotations.NullMarked;
