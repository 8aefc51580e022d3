/**
 * Automatic certificates from CAs that speak ACME: what a user touches.
 *
 * <p>Reading order: {@link dev.tlsproxy.acme.Acme} with {@code CaDraft} and {@code TrustFile}; the ready solvers
 * {@link dev.tlsproxy.acme.Rfc2136Solver} and {@link dev.tlsproxy.acme.ProgramSolver}. Below: {@code internal.life} (when
 * to order), {@code internal.order} (one order), {@code internal.ca} (the CA's side of acme4j), {@code internal.dns}.
 */
@NullMarked
package dev.tlsproxy.acme;

import org.jspecify.annotations.NullMarked;
