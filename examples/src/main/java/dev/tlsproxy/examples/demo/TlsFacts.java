package dev.tlsproxy.examples.demo;

import org.jspecify.annotations.Nullable;

/**
 * What the proxy saw of a client's connection, as its upstream reads it.
 *
 * @param protocol the TLS version
 * @param group the key exchange group
 * @param alpn the application protocol
 */
record TlsFacts(String protocol, String group, String alpn) {

    static final String PROTOCOL = "X-TLS-Protocol";
    static final String GROUP = "X-TLS-Group";
    static final String ALPN = "X-TLS-ALPN";
    static final String NONE = "none";

    /** Reads the fields of a request. */
    static TlsFacts from(Fields fields) {
        return new TlsFacts(orNone(fields.first(PROTOCOL)), orNone(fields.first(GROUP)), orNone(fields.first(ALPN)));
    }

    private static String orNone(@Nullable String value) {
        return value == null ? NONE : value;
    }

    /** Gives the first field line of a name. */
    interface Fields {
        @Nullable
        String first(String name);
    }
}
