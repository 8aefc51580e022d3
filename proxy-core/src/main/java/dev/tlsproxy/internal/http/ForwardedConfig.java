package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.names.Cidr;
import java.util.List;

/**
 * How the upstream learns who the client is.
 *
 * @param trustedProxies networks whose own forwarding fields are believed
 * @param forwardedField whether {@code Forwarded} (RFC 7239) is sent beside the {@code X-Forwarded-} fields
 */
public record ForwardedConfig(List<Cidr> trustedProxies, boolean forwardedField) {

    /** Copies the list. */
    public ForwardedConfig {
        trustedProxies = List.copyOf(trustedProxies);
    }
}
