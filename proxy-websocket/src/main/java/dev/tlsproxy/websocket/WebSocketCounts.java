package dev.tlsproxy.websocket;

/**
 * How many tunnels there are and were, and what passed through them. Cheap to take at any time; the figures are not all
 * of the same instant.
 *
 * @param open tunnels open now
 * @param opened tunnels opened in all
 * @param fromClients what clients sent that passed
 * @param fromUpstreams what upstreams sent that passed
 */
public record WebSocketCounts(long open, long opened, Traffic fromClients, Traffic fromUpstreams) {

    /**
     * Data of one direction.
     *
     * @param messages whole messages
     * @param bytes their payload as it is on the wire, compressed where the peers agreed on that; without frame headers
     */
    public record Traffic(long messages, long bytes) {}
}
