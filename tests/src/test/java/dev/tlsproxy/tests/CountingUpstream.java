package dev.tlsproxy.tests;

import static dev.tlsproxy.tests.RawUpstream.latin1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A page at {@code /} with a WebSocket on which a count comes every 20 ms from 1 on. The page's title tells the last one
 * and {@code broken} from the first that is not the next; when it is closed, the code too.
 */
final class CountingUpstream {

    private static final Duration PERIOD = Duration.ofMillis(20);
    private static final String PAGE = """
            <!DOCTYPE html><title>waiting</title><script>
            const socket = new WebSocket(`wss://${location.host}/ws`);
            let last = 0, state = 'unbroken';
            socket.onmessage = message => {
              if (Number(message.data) !== ++last) { state = 'broken'; }
              document.title = `${state} ${last}`;
            };
            socket.onclose = close => {
              document.title = `closed ${close.code} ${close.wasClean ? 'cleanly' : 'not cleanly'} ${state} ${last}`;
            };
            </script>
            """;

    /** The last count sent; over all tunnels, so that a second one breaks the first's row. */
    final AtomicInteger sent = new AtomicInteger();

    private final CountDownLatch never = new CountDownLatch(1);

    RawUpstream start() {
        return new RawUpstream(this::answer);
    }

    private boolean answer(String head, InputStream in, OutputStream out) throws IOException {
        if (head.startsWith("GET /ws ")) {
            out.write(latin1(WebSocketUpstream.switching(head)));
            count(in, out);
            return false;
        }
        byte[] body = head.startsWith("GET / ") ? PAGE.getBytes(StandardCharsets.UTF_8) : new byte[0];
        out.write(latin1("HTTP/1.1 " + (body.length > 0 ? "200 OK" : "404 Not Found")
                + "\r\nContent-Type: text/html;charset=utf-8\r\nContent-Length: " + body.length + "\r\n\r\n"));
        out.write(body);
        out.flush();
        return true;
    }

    private void count(InputStream in, OutputStream out) throws IOException {
        while (in.available() == 0) {
            out.write(WebSocketUpstream.frame(1, latin1(Integer.toString(sent.incrementAndGet()))));
            out.flush();
            awaitNext();
        }
        // the page sends nothing: this is a close frame, which is answered with its own code
        in.readNBytes(2);
        byte[] mask = in.readNBytes(4);
        byte[] code = in.readNBytes(2);
        out.write(WebSocketUpstream.frame(8, new byte[] {(byte) (code[0] ^ mask[0]), (byte) (code[1] ^ mask[1])}));
        out.flush();
    }

    private void awaitNext() throws IOException {
        try {
            var unused = never.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
