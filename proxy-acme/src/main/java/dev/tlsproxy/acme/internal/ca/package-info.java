/**
 * The connection to a CA, on acme4j with its traps stepped over. In reading order: {@code CaSession} (what orders work
 * with), {@code CaProvider} and {@code CaTrust} (client and directory), {@code CaConnection} (one exchange), {@code
 * CaResponse}, {@code BoundedBody}, {@code RetryAfter}, {@code CaRefusal} (what an error answer becomes).
 */
@NullMarked
package dev.tlsproxy.acme.internal.ca;

import org.jspecify.annotations.NullMarked;
