/**
 * The proxy between real clients and real upstreams. What each test needs is said by
 * {@link dev.tlsproxy.tests.peer.RequiresPeer}; {@link dev.tlsproxy.tests.Workbench} starts and ends what it uses.
 */
package dev.tlsproxy.tests;
