package dev.tlsproxy.spi;

import java.net.InetAddress;

/**
 * Sees each exchange of a route on its way to the upstream and back, and may change header fields or answer by itself.
 *
 * <p>Filters of a route run in the order in which they were added for the request and in reverse order for the
 * response. They run on an I/O thread and must not block. What a filter throws ends the exchange with 500 and is logged.
 */
public interface ExchangeFilter {

    /**
     * Called once the request is known to be normal HTTP, its route is found and its upstream request is prepared,
     * before anything is sent.
     *
     * @param exchange the exchange; {@link Exchange#respond} answers in place of the upstream, and no later filter and
     *     no upstream sees the request
     */
    default void request(Exchange exchange) {}

    /**
     * Called when the head of the response is there, whether from the upstream, from a filter or from the proxy itself
     * (an error), before it is sent.
     *
     * @param exchange the exchange
     */
    default void response(Exchange exchange) {}

    /** One request and its response, as a filter sees them. */
    interface Exchange {

        /**
         * The request method.
         *
         * @return the method, such as {@code GET}
         */
        String method();

        /**
         * The request target in origin form, as the client sent it: nothing decoded.
         *
         * @return path and query; may hold secrets, so keep it out of logs
         */
        String target();

        /**
         * The host the client asked for.
         *
         * @return host name in lower case, without port
         */
        String host();

        /**
         * The route that was chosen.
         *
         * @return host pattern and path prefix, such as {@code *.example.com/api}
         */
        String route();

        /**
         * The address of the client, read from the forwarding headers where the peer is a trusted proxy.
         *
         * @return the address
         */
        InetAddress clientAddress();

        /**
         * The protocol version of the client request.
         *
         * @return {@code HTTP/1.0}, {@code HTTP/1.1} or {@code HTTP/2.0}
         */
        String httpVersion();

        /**
         * What the TLS handshake of the client connection agreed on.
         *
         * @return the negotiated parameters
         */
        NegotiatedTls tls();

        /**
         * The header fields of the upstream request. Changes count until {@link #request} returned.
         *
         * @return the live fields
         */
        HeaderFields upstreamRequest();

        /**
         * The header fields of the client response. Empty before {@link #response}.
         *
         * @return the live fields
         */
        HeaderFields clientResponse();

        /**
         * The status code of the client response.
         *
         * @return the code, 0 before {@link #response}
         */
        int status();

        /**
         * Answers in place of the upstream. Only in {@link #request}.
         *
         * @param status the status code, 200..599
         * @param contentType the media type of the body
         * @param body the body
         * @throws IllegalStateException when called from {@link #response}, or twice
         */
        void respond(int status, String contentType, byte[] body);
    }
}
