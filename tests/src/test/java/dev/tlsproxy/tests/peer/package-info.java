/**
 * Finds, starts and stops real programs: {@link dev.tlsproxy.tests.peer.Peer} (which there are),
 * {@link dev.tlsproxy.tests.peer.RequiresPeer} (what a test needs), {@link dev.tlsproxy.tests.peer.RealPeer} (one that was
 * found), {@link dev.tlsproxy.tests.peer.PeerProcess} (one that runs), {@link dev.tlsproxy.tests.peer.Ports}.
 */
package dev.tlsproxy.tests.peer;
