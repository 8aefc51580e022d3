package dev.tlsproxy.internal.http;

/**
 * The proxy's own answer in place of an upstream's: a status code and one short sentence for the client, without
 * internals. An exception because any step of the pipeline may end a request; it has no stack trace and is never logged.
 */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Stands for an end that no client hears of; never sent. */
    static final int CLIENT_LEFT = 499;

    private final int status;

    /**
     * @param status 400..599
     * @param reason goes to the client and to {@code ExchangeSummary}: never holds a part of the request
     */
    Refusal(int status, String reason) {
        super(reason, null, false, false);
        this.status = status;
    }

    static Refusal badRequest(String reason) {
        return new Refusal(400, reason);
    }

    int status() {
        return status;
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
