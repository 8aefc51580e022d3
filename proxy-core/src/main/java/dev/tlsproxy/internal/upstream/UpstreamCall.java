package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientConnection;
import io.undertow.client.ClientResponse;
import io.undertow.util.AttachmentKey;
import io.undertow.util.HeaderMap;
import java.net.InetAddress;
import java.time.Duration;

/**
 * What one exchange asks of this room: attached to the client exchange under {@link #KEY} before ProxyHandler runs. Used
 * on the exchange's I/O thread only.
 */
public interface UpstreamCall {

    /** Where the pool finds the call of an exchange. */
    AttachmentKey<UpstreamCall> KEY = AttachmentKey.create(UpstreamCall.class);

    /**
     * The upstreams to choose from.
     *
     * @return the group
     */
    UpstreamGroup upstreams();

    /**
     * Who asks, for {@link Choice#CLIENT_ADDRESS_HASH}.
     *
     * @return the client's address, also where a trusted proxy is in front
     */
    InetAddress client();

    /**
     * Between whom the client's connection is, for upstreams that want a header of the PROXY protocol.
     *
     * @return the addresses
     */
    ClientAddresses clientAddresses();

    /**
     * The request target for the request line, byte for byte, without the upstream's base path.
     *
     * @return begins with a slash, or is {@code *}
     */
    String target();

    /**
     * All header fields of the upstream request but Content-Length and Transfer-Encoding, which frame the body and
     * belong to the connection that sends it.
     *
     * @return the fields
     */
    HeaderMap requestHeaders();

    /**
     * Whether the request asks to switch to the WebSocket protocol.
     *
     * @return true for an upgrade request that may pass
     */
    boolean upgrade();

    /**
     * How long to wait for the response head once the request is sent.
     *
     * @return a positive time
     */
    Duration responseHeadTimeout();

    /**
     * Turns the upstream response's head into the client response's, in place. Called once, before any of its body is
     * read.
     *
     * @param response status and fields
     * @throws RuntimeException when no response can be made of it (a filter failed): the upstream connection is then to
     *     be closed and the exchange to be failed, without {@link #failed}
     */
    void responseHead(ClientResponse response);

    /**
     * The upstream's answer is the 101 that was asked for. Called after {@link #responseHead}. Whoever calls
     * {@code performUpgrade} on the connection, once the 101 is with the client, closes what that gives.
     *
     * @param connection the upstream's
     * @param upstream which of the group it is
     */
    void switching(ClientConnection connection, UpstreamAddress upstream);

    /**
     * Says why no response will come: called before the exchange is ended for that reason.
     *
     * @param failure the kind
     * @param upstream the upstream that was tried last, as {@code http://127.0.0.1:7070}; for logs, not for clients
     */
    void failed(UpstreamFailure failure, String upstream);
}
