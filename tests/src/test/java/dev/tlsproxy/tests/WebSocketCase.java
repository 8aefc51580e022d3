package dev.tlsproxy.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * One conversation of a WebSocket client: what it sends, in pieces of which sizes, and where it waits for frames first.
 *
 * @param id section and number
 * @param offer the extensions it offers; empty text for none
 * @param script gives its steps, made anew each time as some are large; the recording then waits for the end of the
 *     connection
 */
record WebSocketCase(String id, String offer, Supplier<List<Step>> script) {

    /** One thing the client does. */
    sealed interface Step {}

    /** Sends bytes, in writes of at most {@code piece} bytes. */
    record Send(byte[] bytes, int piece) implements Step {}

    /** Waits until that many frames have come in all, or the connection has ended. */
    record Await(int frames) implements Step {}

    static WebSocketCase of(String id, Step... steps) {
        List<Step> all = List.of(steps);
        return new WebSocketCase(id, "", () -> all);
    }

    /** Sends whole messages and then closes; each is answered by as many frames as {@code answers} says. */
    static WebSocketCase conversation(String id, int answers, byte[]... messages) {
        List<Step> steps = new ArrayList<>();
        int frames = 0;
        for (byte[] message : messages) {
            steps.add(send(message));
            frames += answers;
            steps.add(new Await(frames));
        }
        steps.add(send(WebSocketFrames.close(1000, "")));
        return new WebSocketCase(id, "", () -> steps);
    }

    /** A case that is put together when it is played. */
    static WebSocketCase large(String id, Supplier<WebSocketCase> whole) {
        return new WebSocketCase(id, "", () -> whole.get().script().get());
    }

    /** Whether its last step is a close frame; else the client answers that of the server. */
    static boolean closesItself(List<Step> steps) {
        return !steps.isEmpty()
                && steps.get(steps.size() - 1) instanceof Send send
                && send.bytes().length > 0
                && send.bytes()[0] == (byte) 0x88;
    }

    static Step send(byte[] bytes) {
        return new Send(bytes, Math.max(1, bytes.length));
    }

    static Step octetwise(byte[] bytes) {
        return new Send(bytes, 1);
    }

    static Step await(int frames) {
        return new Await(frames);
    }
}
