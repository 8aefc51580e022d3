package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.nio.charset.StandardCharsets;

/**
 * Answers in place of the upstream: every failure and every refusal ends here. The body is one line of text without
 * internals.
 */
final class GatewayError {

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String RETRY_AFTER_SECONDS = "1";

    private GatewayError() {}

    /** Sends the refusal; where a response has begun already, cuts it. */
    static void answer(ExchangeState state, Refusal refusal) {
        state.fail(refusal);
        if (refusal.status() == Refusal.CLIENT_LEFT || !state.exchange().isResponseChannelAvailable()) {
            state.cut(refusal);
            return;
        }
        HeaderMap fields = state.exchange().getResponseHeaders();
        fields.clear();
        // Some errors may be cached without being told to (RFC 9110 section 15.1): these are the proxy's, not the
        // site's.
        fields.put(Headers.CACHE_CONTROL, "no-store");
        if (refusal.status() == StatusCodes.METHOD_NOT_ALLOWED) {
            fields.put(Headers.ALLOW, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        }
        if (refusal.status() == StatusCodes.SERVICE_UNAVAILABLE) {
            fields.put(Headers.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        refusal.fields().forEach(values -> fields.putAll(values.getHeaderName(), values));
        if (refusal.status() == StatusCodes.UPGRADE_REQUIRED) {
            // RFC 9110 section 15.5.22; the field needs its connection option (section 7.8)
            fields.put(Headers.UPGRADE, "websocket");
            fields.put(Headers.CONNECTION, "Upgrade");
        }
        if (endsConnection(refusal.status())) {
            state.exchange().setPersistent(false);
        }
        LocalResponse.send(state, new LocalResponse.Answer(refusal.status(), TEXT, body(refusal)));
    }

    /** After a malformed request nobody knows where the next one begins (RFC 9112 section 6.3). */
    private static boolean endsConnection(int status) {
        return status == StatusCodes.BAD_REQUEST
                || status == StatusCodes.NOT_IMPLEMENTED
                || status == StatusCodes.HTTP_VERSION_NOT_SUPPORTED;
    }

    private static byte[] body(Refusal refusal) {
        String text = refusal.status() + " " + LocalResponse.reason(refusal.status()) + ": " + refusal.reason() + "\n";
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
