package dev.tlsproxy.examples.demo;

import java.net.InetAddress;

/**
 * A member of a swarm.
 *
 * @param id its own 20 bytes, as hexadecimal digits
 * @param address where it is, as the proxy saw it
 * @param port where it listens
 */
record Peer(String id, InetAddress address, int port) {}
