/**
 * Real CAs and scripted ones for tests: {@link dev.tlsproxy.acme.testing.Pebble} with its
 * {@link dev.tlsproxy.acme.testing.MockDns}, {@link dev.tlsproxy.acme.testing.TestTls} for their own HTTPS.
 */
@NullMarked
package dev.tlsproxy.acme.testing;

import org.jspecify.annotations.NullMarked;
