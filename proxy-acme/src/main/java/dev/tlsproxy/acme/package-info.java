/**
 * Automatic certificates from a public CA: the room for an implementation of
 * {@link dev.tlsproxy.spi.CertificateManager}. Empty so far.
 */
@NullMarked
package dev.tlsproxy.acme;

import org.jspecify.annotations.NullMarked;
