package dev.tlsproxy.internal.http2;

import dev.tlsproxy.internal.http1.Octets;
import dev.tlsproxy.internal.http1.TrailerFields;
import io.undertow.client.ClientRequest;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the field section of a request head (RFC 9113 section 8.3.1), or of a request's trailers. What can't stand there is a
 * fault of this program, which should have refused it long before.
 */
final class RequestFields {

    /** Section 8.2.2; what says {@code TE: trailers} stays. Host is told in {@code :authority}. */
    private static final Set<HttpString> LEFT_OUT = Set.of(
            Headers.HOST,
            Headers.CONNECTION,
            new HttpString("Keep-Alive"),
            new HttpString("Proxy-Connection"),
            Headers.TRANSFER_ENCODING,
            Headers.UPGRADE,
            new HttpString("HTTP2-Settings"),
            Headers.TE);

    private final HpackWriter section = new HpackWriter();

    private RequestFields() {}

    /**
     * A head.
     *
     * @param scheme {@code http} or {@code https}, as the connection is
     * @throws IllegalStateException for what can't stand in a head; names the fault and not the content
     */
    static ByteBuffer head(ClientRequest request, String scheme) {
        RequestFields writer = new RequestFields();
        HeaderMap fields = request.getRequestHeaders();
        writer.section.field(":method", token(request.getMethod().toString(), "method"));
        writer.section.field(":scheme", scheme);
        String host = fields.getFirst(Headers.HOST);
        if (host != null) {
            writer.section.field(":authority", value(host));
        }
        writer.section.field(":path", target(request.getPath()));
        writer.fields(fields);
        if (fields.contains(Headers.TE)) {
            writer.section.field("te", "trailers");
        }
        return writer.section.block();
    }

    /** Trailers, without forbidden and unwritable ones; null when none is left. */
    static @Nullable ByteBuffer trailers(@Nullable HeaderMap trailers) {
        if (trailers == null) {
            return null;
        }
        RequestFields writer = new RequestFields();
        boolean any = false;
        for (HeaderValues field : TrailerFields.permitted(trailers)) {
            try {
                writer.field(field);
                any = true;
            } catch (IllegalStateException e) {
                // left out: what was checked before it was written left nothing behind
            }
        }
        return any ? writer.section.block() : null;
    }

    private void fields(HeaderMap fields) {
        for (long i = fields.fastIterateNonEmpty(); i != -1L; i = fields.fiNextNonEmpty(i)) {
            HeaderValues field = fields.fiCurrent(i);
            if (!LEFT_OUT.contains(field.getHeaderName())) {
                field(field);
            }
        }
    }

    private void field(HeaderValues field) {
        String name = token(field.getHeaderName().toString(), "field name").toLowerCase(Locale.ROOT);
        for (int i = 0; i < field.size(); i++) {
            value(field.get(i));
        }
        for (int i = 0; i < field.size(); i++) {
            section.field(name, field.get(i).strip());
        }
    }

    private static String token(String text, String what) {
        boolean token = !text.isEmpty();
        for (int i = 0; i < text.length(); i++) {
            token &= text.charAt(i) <= 0x7F && Octets.isToken((byte) text.charAt(i));
        }
        if (!token) {
            throw new IllegalStateException(what + ": no token (expected: a token)");
        }
        return text;
    }

    private static String value(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                throw new IllegalStateException("field value: CR, LF, NUL or no Latin-1 (expected: none of them)");
            }
        }
        return value;
    }

    private static String target(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c == 0x7F || c > 0xFF) {
                throw new IllegalStateException("request target: a control character or space (expected: none)");
            }
        }
        if (target.isEmpty()) {
            throw new IllegalStateException("request target: empty (expected: a path or *)");
        }
        return target;
    }
}
