package dev.tlsproxy.acme.internal.order;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/**
 * When a CA wants a certificate to be renewed (RFC 9773 section 4.2).
 *
 * @param start its beginning
 * @param end its end; may be equal to the beginning, and both may be past (revocation)
 * @param askAgain when to ask again, from Retry-After; never in the past
 * @param explanation a page about the reason, where the CA gives one
 */
public record RenewalWindow(Instant start, Instant end, Instant askAgain, Optional<URI> explanation) {}
