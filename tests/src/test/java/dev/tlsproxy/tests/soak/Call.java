package dev.tlsproxy.tests.soak;

import java.util.List;

/**
 * One request and all that its response follows from. The target says it to the upstream.
 *
 * @param route the first segments of the target
 * @param fault what the upstream does
 * @param id the number of the call
 * @param size bytes of response body, 2 or more
 * @param style how the response is framed
 * @param upload bytes of request body, -1 for none
 */
record Call(String route, Fault fault, long id, int size, Style style, int upload) {

    enum Style {
        LENGTH,
        CHUNKED,
        /** {@code text/event-stream}, in small chunks. */
        EVENTS,
        /** The end of the connection ends the body. */
        UNTIL_CLOSE
    }

    static final List<Fault> ON_REQUESTS = List.of(
            Fault.RESET_BEFORE_HEAD,
            Fault.CLOSE_BEFORE_HEAD,
            Fault.RESET_IN_HEAD,
            Fault.CLOSE_IN_HEAD,
            Fault.STALL_BEFORE_HEAD,
            Fault.STALL_IN_HEAD,
            Fault.GARBAGE,
            Fault.TWO_LENGTHS,
            Fault.RESET_IN_BODY,
            Fault.CLOSE_IN_BODY,
            Fault.STALL_IN_BODY,
            Fault.BAD_CHUNK,
            Fault.EXTRA_RESPONSE,
            Fault.CLOSE_SILENTLY,
            Fault.CLOSE_WHILE_IDLE,
            Fault.TRICKLE,
            Fault.INTERIM_RESPONSES,
            Fault.EARLY_RESPONSE);
    static final List<Fault> ON_EVENTS = List.of(Fault.RESET_IN_BODY, Fault.CLOSE_IN_BODY, Fault.CLOSE_SILENTLY);
    static final List<Fault> ON_TUNNELS = List.of(
            Fault.TUNNEL_RESET, Fault.TUNNEL_CLOSE, Fault.RESET_BEFORE_HEAD, Fault.STALL_BEFORE_HEAD, Fault.GARBAGE);

    /** The nearest call that makes sense: not each fault can be in each framing. */
    Call sensible() {
        return switch (fault) {
            case BAD_CHUNK -> with(Style.CHUNKED);
            case TWO_LENGTHS, STALL_IN_BODY -> with(Style.LENGTH);
            case CLOSE_IN_BODY, EXTRA_RESPONSE, CLOSE_SILENTLY, CLOSE_WHILE_IDLE, EARLY_RESPONSE ->
                style == Style.UNTIL_CLOSE ? with(Style.LENGTH) : this;
            default -> this;
        };
    }

    private Call with(Style other) {
        return new Call(route, fault, id, size, other, upload);
    }

    String target() {
        return route + "/" + fault + "/" + id + "/" + size + "/" + style;
    }

    /** Reads a target; the upload is not part of it. */
    static Call of(String target) {
        String[] segments = target.split("/");
        int last = segments.length - 1;
        if (last < 4) {
            throw new IllegalArgumentException("target: " + target + " (expected: one of a call)");
        }
        return new Call(
                "",
                Fault.valueOf(segments[last - 3]),
                Long.parseLong(segments[last - 2]),
                Integer.parseInt(segments[last - 1]),
                Style.valueOf(segments[last]),
                -1);
    }

    byte[] requestBody() {
        return Content.bytes(Content.ofRequest(id), 0, Math.max(0, upload));
    }
}
