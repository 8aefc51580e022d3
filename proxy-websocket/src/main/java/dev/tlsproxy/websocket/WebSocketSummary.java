package dev.tlsproxy.websocket;

import dev.tlsproxy.websocket.WebSocketCounts.Traffic;
import java.net.InetAddress;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * One tunnel, told at its end. Holds no target and no payload.
 *
 * @param route the route, as {@code Route.name()} shows it
 * @param client the address of the client, read from the forwarding headers where the peer is a trusted proxy
 * @param fromClient what the client sent that passed
 * @param fromUpstream what the upstream sent that passed
 * @param clientClose the code of the client's close frame; 1005 for one without a code, empty where none came
 * @param upstreamClose the code of the upstream's close frame, likewise
 * @param sentToClient the code of the close frame that the proxy itself sent to the client; empty where it sent none
 * @param sentToUpstream the code of the close frame that the proxy itself sent to the upstream, likewise
 * @param begunBy who began the end
 * @param reason why the proxy closed; empty where it did not
 * @param duration from the 101 to the end
 */
public record WebSocketSummary(
        String route,
        InetAddress client,
        Traffic fromClient,
        Traffic fromUpstream,
        OptionalInt clientClose,
        OptionalInt upstreamClose,
        OptionalInt sentToClient,
        OptionalInt sentToUpstream,
        Begun begunBy,
        String reason,
        Duration duration) {

    /** Who began the end of a tunnel. */
    public enum Begun {
        /** The client, by a close frame or by ending its stream. */
        CLIENT,
        /** The upstream, by a close frame or by ending its stream. */
        UPSTREAM,
        /** The proxy, by a close frame to both sides. */
        PROXY,
        /** A connection broke, or was cut when a drain was over. */
        NOBODY
    }
}
