package dev.tlsproxy;

import dev.tlsproxy.internal.http.ForwardedConfig;
import dev.tlsproxy.internal.names.Cidr;
import java.util.ArrayList;
import java.util.List;

/**
 * How upstreams learn who the client is. Immutable: each method returns a new policy.
 *
 * <p>By default no peer is believed: {@code X-Forwarded-For} is one header with one bare address, the peer's;
 * {@code X-Forwarded-Proto}, {@code X-Forwarded-Host}, {@code X-Forwarded-Port} and {@code X-Real-IP} are the proxy's own,
 * and whatever the client sent under these names or as {@code Forwarded} is dropped.
 */
public final class ForwardedPolicy {

    private final ForwardedConfig config;

    private ForwardedPolicy(ForwardedConfig config) {
        this.config = config;
    }

    /**
     * No trusted proxy, no {@code Forwarded} field.
     *
     * @return the default policy
     */
    public static ForwardedPolicy defaults() {
        return new ForwardedPolicy(new ForwardedConfig(List.of(), false));
    }

    /**
     * Believes the forwarding fields of peers in these networks: the client is then the right-most address in
     * {@code X-Forwarded-For} that is not itself in one of them.
     *
     * @param networks addresses or networks in CIDR notation: {@code 10.0.0.0/8}, {@code 2001:db8::/32},
     *     {@code 192.0.2.7}
     * @return a new policy
     * @throws IllegalArgumentException when one is neither, or has bits set behind its prefix
     */
    public ForwardedPolicy trustProxies(String... networks) {
        List<Cidr> all = new ArrayList<>(config.trustedProxies());
        for (String network : networks) {
            all.add(Cidr.parse(network));
        }
        return new ForwardedPolicy(new ForwardedConfig(all, config.forwardedField()));
    }

    /**
     * Sends {@code Forwarded} (RFC 7239) as well.
     *
     * @return a new policy
     */
    public ForwardedPolicy forwardedField() {
        return new ForwardedPolicy(new ForwardedConfig(config.trustedProxies(), true));
    }

    ForwardedConfig toConfig() {
        return config;
    }

    @Override
    public String toString() {
        return "ForwardedPolicy[trusted=" + config.trustedProxies() + "]";
    }
}
