package dev.tlsproxy.internal.http1;

import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads one response head (RFC 9112 sections 4 and 5) from pieces of any size. Strict, but for a status line that ends
 * after the status code: servers that leave the reason away often leave its space away too.
 */
final class ResponseHeadParser {

    /** Status line and fields together. */
    static final int MAX_BYTES = 64 * 1024;

    static final int MAX_FIELDS = 200;

    private static final String BEGIN = "HTTP/1.";
    private static final String WHAT = "response head";
    private static final int STATUS_FROM = "HTTP/1.1 ".length();
    private static final int STATUS_TO = STATUS_FROM + 3;

    private static final String HTTP_2 =
            "an HTTP/2 frame (expected: HTTP/1.1; a server of HTTP/2 is given as h2c:// or h2://)";
    private static final int FRAME_HEAD = 9;
    private static final int SETTINGS = 4;

    private final LineReader lines = new LineReader();
    private @Nullable FieldLines fields;
    private HttpString protocol = Protocols.HTTP_1_1;
    private int status;
    private String reason = "";

    /**
     * Takes bytes up to the end of the head, or all there are.
     *
     * @return the head once it is complete; the parser has done its work then
     */
    @Nullable
    ResponseHead parse(ByteBuffer in) throws MalformedResponseException {
        FieldLines rest = fields;
        if (rest == null) {
            if (isHttp2(in)) {
                throw new MalformedResponseException(HTTP_2);
            }
            if (!lines.read(in, MAX_BYTES, WHAT)) {
                begin(lines.bytes(), lines.length());
                return null;
            }
            statusLine(lines.bytes(), lines.length());
            rest = new FieldLines(lines, WHAT, MAX_BYTES - lines.length(), MAX_FIELDS);
            fields = rest;
        }
        return rest.read(in) ? new ResponseHead(protocol, status, reason, rest.fields()) : null;
    }

    /**
     * Whether a server that speaks HTTP/2 only begins, as gRPC servers do: its first frame is SETTINGS on stream 0 (RFC 9113
     * section 3.4). Where that comes in pieces it is malformed without its name.
     */
    private boolean isHttp2(ByteBuffer in) {
        int at = in.position();
        return lines.length() == 0
                && in.remaining() >= FRAME_HEAD
                && in.get(at) == 0
                && in.get(at + 3) == SETTINGS
                && in.getInt(at + 5) == 0;
    }

    /** What speaks another protocol may never end its first line. */
    private static void begin(byte[] line, int length) throws MalformedResponseException {
        for (int i = 0; i < Math.min(length, BEGIN.length()); i++) {
            if (line[i] != BEGIN.charAt(i)) {
                throw noResponse();
            }
        }
    }

    private void statusLine(byte[] line, int length) throws MalformedResponseException {
        protocol = version(line, length);
        status = 0;
        for (int i = STATUS_FROM; i < STATUS_TO; i++) {
            if (line[i] < '0' || line[i] > '9') {
                throw new MalformedResponseException("status line: status is not three digits");
            }
            status = status * 10 + line[i] - '0';
        }
        if (status < 100) {
            throw new MalformedResponseException("status line: status below 100");
        }
        if (length == STATUS_TO) {
            return;
        }
        if (line[STATUS_TO] != ' ') {
            throw new MalformedResponseException("status line: no space after the status");
        }
        for (int i = STATUS_TO; i < length; i++) {
            if (!Octets.isText(line[i])) {
                throw new MalformedResponseException("status line: control character in the reason");
            }
        }
        reason = new String(line, STATUS_TO + 1, length - STATUS_TO - 1, StandardCharsets.ISO_8859_1);
    }

    private static HttpString version(byte[] line, int length) throws MalformedResponseException {
        String begin = length < STATUS_TO ? "" : new String(line, 0, STATUS_FROM, StandardCharsets.ISO_8859_1);
        if (begin.equals("HTTP/1.1 ")) {
            return Protocols.HTTP_1_1;
        }
        if (begin.equals("HTTP/1.0 ")) {
            return Protocols.HTTP_1_0;
        }
        throw noResponse();
    }

    private static MalformedResponseException noResponse() {
        return new MalformedResponseException("status line: no HTTP/1.1 or HTTP/1.0 response");
    }
}
