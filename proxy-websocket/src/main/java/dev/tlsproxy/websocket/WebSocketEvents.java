package dev.tlsproxy.websocket;

import java.net.InetAddress;

/**
 * Hears of tunnels: for access logs and counters. Called on I/O threads, several at once, and must not block. What it
 * throws is logged and changes nothing else.
 */
public interface WebSocketEvents {

    /**
     * The upstream has answered with 101 and the tunnel is open.
     *
     * @param route the route, as {@code Route.name()} shows it
     * @param client the address of the client
     */
    default void tunnelOpened(String route, InetAddress client) {}

    /**
     * A tunnel that was open has closed.
     *
     * @param tunnel its figures
     */
    default void tunnelClosed(WebSocketSummary tunnel) {}
}
