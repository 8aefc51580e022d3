package dev.tlsproxy.internal.upstream;

import java.nio.ByteBuffer;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the status of the final response in what an upstream sends to a health check (RFC 9112 section 4). */
final class CheckResponse {

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})( .*)?");
    private static final int MAX_HEAD = 4 * 1024;
    private static final long MAX = 256 * 1024;

    private final StringBuilder head = new StringBuilder();
    private OptionalInt status = OptionalInt.empty();
    private boolean invalid;
    private long bytes;

    void add(ByteBuffer more) {
        bytes += more.remaining();
        while (more.hasRemaining() && status.isEmpty() && !invalid) {
            head.append((char) (more.get() & 0xff));
            look();
        }
    }

    private void look() {
        int end = head.indexOf("\r\n");
        if (end < 0) {
            invalid = head.length() > MAX_HEAD;
            return;
        }
        Matcher line = STATUS_LINE.matcher(head.substring(0, end));
        if (!line.matches()) {
            invalid = true;
            return;
        }
        int found = Integer.parseInt(line.group(1));
        if (found >= 200) {
            status = OptionalInt.of(found);
        } else if (found == 101) {
            invalid = true; // nobody asked for another protocol
        } else if (head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
            head.setLength(0); // 1xx: the final one follows
        } else {
            invalid = head.length() > MAX_HEAD;
        }
    }

    /** Empty until it has come. */
    OptionalInt status() {
        return status;
    }

    boolean isInvalid() {
        return invalid;
    }

    /** Whether more came than is worth to be waited for. */
    boolean isTooLong() {
        return bytes > MAX;
    }
}
