package dev.tlsproxy.internal.http;

/**
 * Which request targets may pass (RFC 9112 section 3.2, RFC 9113 section 8.3.1). The listener runs Undertow with
 * ALLOW_UNESCAPED_CHARACTERS_IN_URL, because BitTorrent clients send raw bytes; so CR, LF and NUL reach this place, and
 * nothing after it looks again.
 */
final class TargetRules {

    private TargetRules() {}

    /**
     * Judges the target. What passes reaches the upstream byte for byte.
     *
     * @throws Refusal 400
     */
    static void check(RequestHead head) {
        String target = head.target();
        bytes(target);
        if (target.startsWith("/")) {
            return;
        }
        if (target.equals("*")) {
            if (!head.method().equals("OPTIONS")) {
                throw invalid();
            }
            return;
        }
        if (head.http2() || !isAbsoluteForm(target)) {
            throw invalid();
        }
    }

    private static void bytes(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= 0x20 || c == 0x7F || c > 0xFF || c == '#') {
                throw invalid();
            }
            if (c == '%' && !isEscape(target, i)) {
                throw invalid();
            }
        }
    }

    private static boolean isEscape(String target, int percent) {
        return percent + 2 < target.length()
                && Character.digit(target.charAt(percent + 1), 16) >= 0
                && Character.digit(target.charAt(percent + 2), 16) >= 0;
    }

    private static boolean isAbsoluteForm(String target) {
        return target.regionMatches(true, 0, "https://", 0, 8) || target.regionMatches(true, 0, "http://", 0, 7);
    }

    private static Refusal invalid() {
        return Refusal.badRequest("invalid request target");
    }
}
