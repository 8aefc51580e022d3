package dev.tlsproxy;

import dev.tlsproxy.internal.upstream.ProxyHeaderVersion;

/** A version of HAProxy's PROXY protocol, for {@link Upstream#proxyProtocol}. */
public enum ProxyProtocol {

    /** A line of text. */
    V1(ProxyHeaderVersion.V1),

    /** The binary form. To be preferred where the upstream reads both. */
    V2(ProxyHeaderVersion.V2);

    private final ProxyHeaderVersion version;

    ProxyProtocol(ProxyHeaderVersion version) {
        this.version = version;
    }

    ProxyHeaderVersion version() {
        return version;
    }
}
