package dev.tlsproxy.internal.http1;

import io.undertow.client.ClientRequest;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes a request head, or the trailers of a request. What would end a line too early is a fault of this program, which
 * should have refused it long before.
 */
final class RequestHeadWriter {

    private static final String VERSION = " HTTP/1.1\r\n";

    private byte[] bytes = new byte[512];
    private int length;

    private RequestHeadWriter() {}

    /**
     * The head with its empty line; Host comes first (RFC 9112 section 3.2).
     *
     * @throws IllegalStateException for what can't stand in a head; names the fault and not the content
     */
    static ByteBuffer head(ClientRequest request) {
        RequestHeadWriter writer = new RequestHeadWriter();
        writer.name(request.getMethod(), "method");
        writer.octet(' ');
        writer.target(request.getPath());
        writer.text(VERSION);
        HeaderMap fields = request.getRequestHeaders();
        @Nullable HeaderValues host = fields.get(Headers.HOST);
        if (host != null) {
            writer.field(host);
        }
        writer.fields(fields, Headers.HOST);
        writer.crlf();
        return writer.written();
    }

    /** The length that a request's fields announce; -1 for chunks. */
    static long bodyLength(HeaderMap fields) {
        if (fields.contains(Headers.TRANSFER_ENCODING)) {
            return -1;
        }
        String length = fields.getFirst(Headers.CONTENT_LENGTH);
        return length == null ? 0 : Long.parseLong(length);
    }

    /** The last chunk with trailers, and the empty line; forbidden and unwritable trailers are left out. */
    static ByteBuffer lastChunk(@Nullable HeaderMap trailers) {
        RequestHeadWriter writer = new RequestHeadWriter();
        writer.text("0\r\n");
        if (trailers != null) {
            for (HeaderValues field : TrailerFields.permitted(trailers)) {
                int before = writer.length;
                try {
                    writer.field(field);
                } catch (IllegalStateException e) {
                    writer.length = before;
                }
            }
        }
        writer.crlf();
        return writer.written();
    }

    private void fields(HeaderMap fields, HttpString without) {
        for (long i = fields.fastIterateNonEmpty(); i != -1L; i = fields.fiNextNonEmpty(i)) {
            HeaderValues field = fields.fiCurrent(i);
            if (!field.getHeaderName().equals(without)) {
                field(field);
            }
        }
    }

    private void field(HeaderValues field) {
        for (int i = 0; i < field.size(); i++) {
            name(field.getHeaderName(), "field name");
            octet(':');
            octet(' ');
            value(field.get(i));
            crlf();
        }
    }

    private void name(HttpString name, String what) {
        if (name.length() == 0) {
            throw new IllegalStateException(what + ": empty (expected: a token)");
        }
        reserve(name.length());
        for (int i = 0; i < name.length(); i++) {
            byte octet = name.byteAt(i);
            if (!Octets.isToken(octet)) {
                throw new IllegalStateException(what + ": a character of no token (expected: a token)");
            }
            bytes[length++] = octet;
        }
    }

    private void target(String target) {
        if (target.isEmpty()) {
            throw new IllegalStateException("request target: empty (expected: a path or *)");
        }
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c == 0x7F || c > 0xFF) {
                throw new IllegalStateException("request target: a control character or space (expected: none)");
            }
            octet(c);
        }
    }

    private void value(String value) {
        reserve(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\r' || c == '\n' || c == 0 || c > 0xFF) {
                throw new IllegalStateException("field value: CR, LF, NUL or no Latin-1 (expected: none of them)");
            }
            bytes[length++] = (byte) c;
        }
    }

    private void text(String text) {
        for (int i = 0; i < text.length(); i++) {
            octet(text.charAt(i));
        }
    }

    private void crlf() {
        octet('\r');
        octet('\n');
    }

    private void octet(int octet) {
        reserve(1);
        bytes[length++] = (byte) octet;
    }

    private void reserve(int more) {
        if (more > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, 2 * bytes.length));
        }
    }

    private ByteBuffer written() {
        return ByteBuffer.wrap(bytes, 0, length);
    }
}
