package dev.tlsproxy.internal.names;

import java.net.IDN;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The normal form of host names: A-labels (RFC 5890), lower case, no trailing dot; IP literals in the JDK's text form. */
public final class HostName {

    private static final int MAX_LENGTH = 253;
    private static final int MAX_LABEL_LENGTH = 63;
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /** Suffixes of names that no public CA signs: RFC 6761, RFC 6762, RFC 8375 and the "internal" of ICANN. */
    private static final List<String> LOCAL_SUFFIXES = List.of("localhost", "local", "internal", "home.arpa", "test");

    private HostName() {}

    /**
     * Brings a name to its normal form.
     *
     * @param name a DNS name, also with Unicode labels, upper case or a trailing dot; or an IP literal, IPv6 with or
     *     without brackets
     * @return the normal form, or empty where it is neither
     */
    public static Optional<String> normalize(String name) {
        if (isIpLiteral(name)) {
            return Optional.of(normalizeIp(name));
        }
        String withoutDot = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        String ascii;
        if (isAscii(withoutDot)) {
            ascii = withoutDot.toLowerCase(Locale.ROOT);
        } else {
            try {
                ascii = IDN.toASCII(withoutDot).toLowerCase(Locale.ROOT);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
        return isDnsName(ascii) ? Optional.of(ascii) : Optional.empty();
    }

    /**
     * Tells whether a text is an IPv4 address in dotted form or an IPv6 address, with or without brackets.
     *
     * @param text any text
     * @return true for an IP literal; no name is ever resolved
     */
    public static boolean isIpLiteral(String text) {
        if (mayBeIpv4(text) && IPV4.matcher(text).matches()) {
            for (String octet : text.split("\\.")) {
                if (Integer.parseInt(octet) > 255) {
                    return false;
                }
            }
            return true;
        }
        String inner = stripBrackets(text);
        return inner.indexOf(':') >= 0 && inner.matches("[0-9a-fA-F:.]+") && isParsable(inner);
    }

    /**
     * Tells whether no public CA signs a name, so that the local CA has to.
     *
     * @param name a name in normal form, or a wildcard pattern
     * @return true for IP addresses that are not public, single labels and the names reserved for local use
     */
    public static boolean isLocal(String name) {
        String host = name.startsWith("*.") ? name.substring(2) : name;
        if (isIpLiteral(host)) {
            return !PublicAddresses.contains(host);
        }
        return host.indexOf('.') < 0
                || LOCAL_SUFFIXES.stream().anyMatch(suffix -> host.equals(suffix) || host.endsWith("." + suffix));
    }

    private static boolean isDnsName(String ascii) {
        if (ascii.isEmpty()
                || ascii.length() > MAX_LENGTH
                || (mayBeIpv4(ascii) && IPV4.matcher(ascii).matches())) {
            return false;
        }
        int start = 0;
        for (int dot = ascii.indexOf('.'); dot >= 0; dot = ascii.indexOf('.', start)) {
            if (!isLabel(ascii, start, dot)) {
                return false;
            }
            start = dot + 1;
        }
        return isLabel(ascii, start, ascii.length());
    }

    /** Letters, digits and underscores, and hyphens between them. A loop: each request's host comes by here. */
    private static boolean isLabel(String name, int start, int end) {
        if (start == end
                || end - start > MAX_LABEL_LENGTH
                || name.charAt(start) == '-'
                || name.charAt(end - 1) == '-') {
            return false;
        }
        for (int i = start; i < end; i++) {
            char c = name.charAt(i);
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
                return false;
            }
        }
        return true;
    }

    private static boolean mayBeIpv4(String text) {
        return !text.isEmpty() && text.charAt(text.length() - 1) <= '9';
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static String normalizeIp(String literal) {
        try {
            return InetAddress.getByName(stripBrackets(literal)).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an IP literal: " + literal, e);
        }
    }

    private static boolean isParsable(String literal) {
        try {
            // A text with a colon is never looked up: InetAddress takes it as an IPv6 literal or refuses it.
            InetAddress.getByName(literal);
            return true;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String stripBrackets(String text) {
        return text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
    }
}
