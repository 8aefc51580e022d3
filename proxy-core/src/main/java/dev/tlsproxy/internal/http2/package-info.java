/**
 * HTTP/2 as a client (RFC 9113) over an open connection to an upstream, written for a proxy: many requests at a time, strict
 * about what comes, bounded in all that an upstream can make grow. In reading order:
 *
 * <ol>
 *   <li>{@link Http2Connection}: the way in, and the turns of its I/O thread; {@link Streams}: what frames do to it, with
 *       {@link Window}, {@link PeerSettings}, {@link FloodBudget}.
 *   <li>{@link Http2Exchange}: one request and its response; {@link RequestBody}, {@link ResponseBody} with
 *       {@link ByteRing}.
 *   <li>Frames: {@link FrameReader}, {@link FrameWriter}, {@link Frame}.
 *   <li>Heads and trailers: {@link RequestFields} over {@link HpackWriter}; {@link HpackReader} into {@link FieldSection};
 *       {@link StaticTable}.
 *   <li>{@link ConnectionErrorException}, {@link StreamResetException}: what ends a connection, or a request.
 * </ol>
 *
 * <p>What fields may be, and what of trailers passes, is the same in HTTP/1.1 and taken from there.
 */
@NullMarked
package dev.tlsproxy.internal.http2;

import org.jspecify.annotations.NullMarked;
