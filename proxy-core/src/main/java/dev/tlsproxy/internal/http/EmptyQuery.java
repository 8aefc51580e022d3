package dev.tlsproxy.internal.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.xnio.Option;

/**
 * Knows whether a request target ended in a lone question mark: Undertow's parsers tell {@code /a?} and {@code /a} apart
 * nowhere, and upstreams that read the target raw do. The HTTPS listener shows it the bytes of an HTTP/1.1 connection and
 * the fields of an HTTP/2 request before Undertow sees them. One per HTTP/1.1 connection; used on its I/O thread.
 */
public final class EmptyQuery {

    /** Where an HTTP/1.1 connection has it: an option of its StreamConnection. */
    public static final Option<EmptyQuery> OPTION = Option.simple(EmptyQuery.class, "EMPTY_QUERY", EmptyQuery.class);

    /** No client can send it: {@link #mark} takes away what one tried to. */
    private static final HttpString MARK = new HttpString("tlsproxy-empty-query");

    private static final HttpString PATH = new HttpString(":path");
    private static final byte[] END = "? HTTP/1.".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_LINE = 8 * 1024;

    private @Nullable String line;

    /** Nothing was seen. */
    public EmptyQuery() {}

    /**
     * Marks the fields of an HTTP/2 request whose target ends in a lone question mark.
     *
     * @param fields the fields as they came, pseudo-fields among them
     */
    public static void mark(HeaderMap fields) {
        fields.remove(MARK);
        String path = fields.getFirst(PATH);
        if (path != null && path.indexOf('?') == path.length() - 1 && !path.isEmpty()) {
            fields.put(MARK, "");
        }
    }

    /**
     * Looks at bytes that came on an HTTP/1.1 connection. A request line counts where it begins with them and is whole:
     * one that is split, or that came behind another request (pipelining), loses its question mark.
     *
     * @param bytes the bytes; their position is not moved
     */
    public void seen(ByteBuffer bytes) {
        line = null;
        int start = bytes.position();
        int end = Math.min(bytes.limit(), start + MAX_LINE);
        if (start == end || bytes.get(start) < 'A' || bytes.get(start) > 'Z') {
            return;
        }
        int newline = start;
        while (newline < end && bytes.get(newline) != '\n') {
            newline++;
        }
        // "? HTTP/1." is followed by the minor version, CR and LF.
        int mark = newline - 2 - END.length;
        if (newline < end && mark > start && matches(bytes, mark)) {
            byte[] kept = new byte[mark - start];
            bytes.get(start, kept);
            line = new String(kept, StandardCharsets.ISO_8859_1);
        }
    }

    private static boolean matches(ByteBuffer bytes, int at) {
        for (int i = 0; i < END.length; i++) {
            if (bytes.get(at + i) != END[i]) {
                return false;
            }
        }
        return true;
    }

    /** Tells, once, whether the target of an exchange without query ended in a question mark. */
    static boolean of(HttpServerExchange exchange) {
        if (exchange.getRequestHeaders().contains(MARK)) {
            exchange.getRequestHeaders().remove(MARK);
            return true;
        }
        EmptyQuery seen = option(exchange);
        String line = seen == null ? null : seen.line;
        if (seen == null || line == null) {
            return false;
        }
        seen.line = null;
        // Whatever the bytes were taken for: only a line that is this request's own counts.
        return line.equals(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    }

    private static @Nullable EmptyQuery option(HttpServerExchange exchange) {
        try {
            return exchange.getConnection().getOption(OPTION);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
