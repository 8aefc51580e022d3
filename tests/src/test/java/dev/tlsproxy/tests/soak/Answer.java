package dev.tlsproxy.tests.soak;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What a client got for a call, checked byte by byte as it comes. */
final class Answer {

    private static final int LONGEST_ERROR = 200;

    private final Call call;
    private final ByteArrayOutputStream error = new ByteArrayOutputStream();
    private int status;
    private long at;

    Answer(Call call) {
        this.call = call;
    }

    void head(int code, Optional<String> id, Optional<String> body) {
        status = code;
        boolean ours = id.isEmpty() && body.isEmpty();
        String sent = call.fault() == Fault.EARLY_RESPONSE ? "early" : Content.sha256(call.requestBody());
        boolean theirs = id.equals(Optional.of(Long.toString(call.id()))) && body.equals(Optional.of(sent));
        if (status == 200 ? !theirs : !ours) {
            throw new WrongAnswer("another's answer: " + status + " " + id + " " + body);
        }
    }

    void bytes(byte[] bytes) {
        if (status != 200) {
            error.writeBytes(bytes);
        } else if (at + bytes.length > call.size() || !Content.matches(call.id(), at, bytes, bytes.length)) {
            throw new WrongAnswer("wrong body from byte " + at + " on, " + bytes.length + " bytes");
        }
        at += bytes.length;
    }

    /** The response came to its end, in order as far as the client can tell. */
    Outcome complete() {
        if (status == 200) {
            if (at != call.size()) {
                throw new WrongAnswer("silently short: " + at + " bytes of " + call.size());
            }
            return Outcome.RIGHT;
        }
        return error(status, error.toString(StandardCharsets.UTF_8));
    }

    static Outcome error(int status, String body) {
        if (!body.startsWith(status + " ") || !body.endsWith("\n") || body.length() > LONGEST_ERROR) {
            throw new WrongAnswer("no answer of the proxy: " + status + " " + body);
        }
        return switch (status) {
            case 502 -> Outcome.ERROR_502;
            case 503 -> Outcome.ERROR_503;
            case 504 -> Outcome.ERROR_504;
            default -> throw new WrongAnswer("an error that nothing here is to bring: " + status + " " + body);
        };
    }

    /** What no client may ever see. */
    static final class WrongAnswer extends RuntimeException {
        private static final long serialVersionUID = 1;

        WrongAnswer(String message) {
            super(message);
        }
    }
}
