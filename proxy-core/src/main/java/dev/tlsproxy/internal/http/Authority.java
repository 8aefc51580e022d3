package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.names.HostName;

/**
 * A host and, where given, a port (RFC 9110 section 7.2, RFC 3986 section 3.2).
 *
 * @param text as the client sent it, such as {@code Grafana.example.com:8443}
 * @param host in normal form
 * @param port 1..65535, or -1 where none was given
 */
record Authority(String text, String host, int port) {

    /**
     * Reads an authority. User information, an empty host, an empty port and zone identifiers are refused: no client
     * sends them, and recipients disagree on what they mean.
     *
     * @throws Refusal 400
     */
    static Authority parse(String text) {
        int colon = text.lastIndexOf(':');
        boolean hasPort = colon >= 0 && colon > text.lastIndexOf(']');
        String hostText = hasPort ? text.substring(0, colon) : text;
        int port = hasPort ? port(text.substring(colon + 1)) : -1;
        if (hostText.indexOf(':') >= 0 && !(hostText.startsWith("[") && hostText.endsWith("]"))) {
            throw invalid();
        }
        if (!isAscii(hostText)) {
            // The chars are bytes of unknown encoding: an IDN host comes as A-labels (RFC 3986 section 3.2.2).
            throw invalid();
        }
        String host = HostName.normalize(hostText).orElseThrow(Authority::invalid);
        return new Authority(text, host, port);
    }

    private static int port(String digits) {
        if (digits.isEmpty() || digits.length() > 5 || !isDecimal(digits)) {
            throw invalid();
        }
        int port = Integer.parseInt(digits);
        if (port < 1 || port > 65_535) {
            throw invalid();
        }
        return port;
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) <= 0x20 || text.charAt(i) >= 0x7F) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDecimal(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static Refusal invalid() {
        return Refusal.badRequest("invalid host");
    }
}
