package dev.tlsproxy.internal.names;

import java.util.Optional;

/**
 * What hosts a route or a certificate is for: one name, one label below a name ({@code *.example.com}, RFC 6125 section
 * 6.4.3), or every host ({@code *}).
 *
 * @param kind which of the three
 * @param text the pattern in normal form, as it is shown: {@code api.example.com}, {@code *.example.com} or {@code *}
 */
public record HostPattern(Kind kind, String text) {

    /** The three kinds, the most specific first. */
    public enum Kind {
        /** One name. */
        EXACT,
        /** One label below a name. */
        WILDCARD,
        /** Every host that nothing else matches. */
        DEFAULT
    }

    /** Every host that nothing else matches. */
    public static final HostPattern ANY = new HostPattern(Kind.DEFAULT, "*");

    /**
     * Reads a pattern.
     *
     * @param text a host name, an IP literal, {@code *.} and a host name, or {@code *}
     * @return the pattern, or empty where the text is none of these
     */
    public static Optional<HostPattern> parse(String text) {
        if (text.equals("*")) {
            return Optional.of(ANY);
        }
        if (text.startsWith("*.")) {
            return HostName.normalize(text.substring(2))
                    .filter(parent -> !HostName.isIpLiteral(parent))
                    .map(parent -> new HostPattern(Kind.WILDCARD, "*." + parent));
        }
        return HostName.normalize(text).map(name -> new HostPattern(Kind.EXACT, name));
    }

    /**
     * Tells whether a host is meant.
     *
     * @param host a host in normal form
     * @return true where the pattern matches
     */
    public boolean matches(String host) {
        return switch (kind) {
            case EXACT -> text.equals(host);
            case WILDCARD -> wildcardOf(host).filter(text::equals).isPresent();
            case DEFAULT -> true;
        };
    }

    /**
     * The one wildcard pattern that matches a host.
     *
     * @param host a host in normal form
     * @return the pattern's text, such as {@code *.example.com}; empty for an IP literal or a single label
     */
    public static Optional<String> wildcardOf(String host) {
        int dot = host.indexOf('.');
        return dot <= 0 || HostName.isIpLiteral(host) ? Optional.empty() : Optional.of("*" + host.substring(dot));
    }

    @Override
    public String toString() {
        return text;
    }
}
