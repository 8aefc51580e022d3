package dev.tlsproxy.internal.tls;

import java.util.List;
import java.util.Optional;

/**
 * What a client offers in its ClientHello (RFC 8446 section 4.1.2), as far as a listener decides on it.
 *
 * @param serverName the host name of server_name as it was sent, any bytes as ISO-8859-1; empty where there is none
 * @param applicationProtocols the ALPN list in the client's order, bytes as ISO-8859-1; empty where there is none
 * @param versions supported_versions, such as 0x0304; empty where there is none
 * @param groups supported_groups
 * @param keyShares the groups of key_share
 */
public record ClientHello(
        Optional<String> serverName,
        List<String> applicationProtocols,
        List<Integer> versions,
        List<Integer> groups,
        List<Integer> keyShares) {

    /** Copies the lists. */
    public ClientHello {
        applicationProtocols = List.copyOf(applicationProtocols);
        versions = List.copyOf(versions);
        groups = List.copyOf(groups);
        keyShares = List.copyOf(keyShares);
    }

    /**
     * Tells whether TLS 1.3 is offered.
     *
     * @return true where supported_versions has it
     */
    public boolean offersTls13() {
        return versions.contains(0x0304);
    }
}
