package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderMap;
import java.util.Map;

/**
 * The proxy's own answer in place of an upstream's: a status code and one short sentence for the client, without
 * internals. An exception because any step of the pipeline may end a request; it has no stack trace and is never logged.
 */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Stands for an end that no client hears of; never sent. */
    static final int CLIENT_LEFT = 499;

    private final int status;
    private final transient HeaderMap fields;

    /**
     * @param status 400..599
     * @param reason goes to the client and to {@code ExchangeSummary}: never holds a part of the request
     */
    Refusal(int status, String reason) {
        this(status, reason, Map.of());
    }

    /**
     * @param fields of the response beside those of every refusal
     * @throws IllegalArgumentException for a field that can't be sent, or that the proxy owns
     */
    Refusal(int status, String reason, Map<String, String> fields) {
        super(reason, null, false, false);
        this.status = status;
        HeaderMap checked = new HeaderMap();
        fields.forEach(new HeaderMapFields(checked)::set);
        this.fields = checked;
    }

    static Refusal badRequest(String reason) {
        return new Refusal(400, reason);
    }

    int status() {
        return status;
    }

    HeaderMap fields() {
        return fields;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
