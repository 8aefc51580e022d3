package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientRequest;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns ProxyHandler's request into the upstream's: target and fields are the call's, the framing is ProxyHandler's. */
final class RequestHead {

    /** RFC 9110 section 9.2.2. */
    private static final Set<HttpString> IDEMPOTENT =
            Set.of(Methods.GET, Methods.HEAD, Methods.OPTIONS, Methods.PUT, Methods.DELETE, Methods.TRACE);

    /** Methods whose requests carry their length even when that is 0: RFC 9110 section 8.6. */
    private static final Set<HttpString> WITH_CONTENT = Set.of(Methods.POST, Methods.PUT, Methods.PATCH);

    private final ClientRequest request;
    private final boolean body;

    RequestHead(ClientRequest request, UpstreamCall call, UpstreamAddress upstream) {
        this.request = request;
        HeaderMap fields = request.getRequestHeaders();
        String length = fields.getFirst(Headers.CONTENT_LENGTH);
        boolean chunked = fields.contains(Headers.TRANSFER_ENCODING);
        fields.clear();
        for (HeaderValues field : call.requestHeaders()) {
            fields.putAll(field.getHeaderName(), field);
        }
        body = frame(fields, chunked, length);
        request.setProtocol(Protocols.HTTP_1_1);
        request.setPath(path(call.target(), upstream));
    }

    private boolean frame(HeaderMap fields, boolean chunked, @Nullable String length) {
        fields.remove(Headers.CONTENT_LENGTH);
        fields.remove(Headers.TRANSFER_ENCODING);
        if (chunked) {
            fields.put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
            return true;
        }
        if (length != null) {
            long announced = Long.parseLong(length);
            fields.put(Headers.CONTENT_LENGTH, Long.toString(announced)); // some send 00
            return announced != 0;
        }
        if (WITH_CONTENT.contains(request.getMethod())) {
            fields.put(Headers.CONTENT_LENGTH, "0");
        }
        return false;
    }

    private static String path(String target, UpstreamAddress upstream) {
        String base = upstream.uri().getRawPath();
        return base == null || base.isEmpty() || target.equals("*") ? target : base + target;
    }

    ClientRequest request() {
        return request;
    }

    HttpString method() {
        return request.getMethod();
    }

    boolean hasBody() {
        return body;
    }

    /** Whether sending it twice means the same as once, and nothing of it is needed again from the client. */
    boolean isRepeatable() {
        return !body && IDEMPOTENT.contains(request.getMethod());
    }
}
