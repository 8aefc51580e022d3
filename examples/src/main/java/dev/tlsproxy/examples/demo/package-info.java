/**
 * The upstreams of {@code tls-proxy demo}: a tracker's JSON API, the HTTP tracker itself and a live page.
 *
 * <p>Reading order: {@link dev.tlsproxy.examples.demo.DemoUpstreams}; TrackerUpstream with RawQuery, Announce,
 * ClientAddress, Swarms, Swarm, PeerList and Bencode; ApiUpstream; LiveUpstream with LivePage and LiveSessions; then
 * {@link dev.tlsproxy.examples.demo.TlsFactsFilter}, which tells the page what the proxy saw, and TlsFacts, which reads it.
 */
@NullMarked
package dev.tlsproxy.examples.demo;

import org.jspecify.annotations.NullMarked;
