package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import dev.tlsproxy.internal.http2.StreamResetException;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.ClientResponse;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.StreamConnection;

/**
 * A connection lent to one exchange: sends its request, watches over the response, and goes back to the pool only when
 * both were complete. In every other case it is closed. On the exchange's I/O thread.
 */
final class UpstreamConnection extends ForwardingClientConnection {

    private static final Logger LOG = LoggerFactory.getLogger(UpstreamConnection.class);

    /**
     * So often a request may be refused and sent again: one that goes to a connection together with many others may meet the
     * end of that one too.
     */
    private static final int MOST_REFUSALS = 3;

    private final UpstreamAttempt attempt;
    private final FlushWhenDry.Holder client;
    private final ResponseTimer timer;
    private Carrier connection;
    private @Nullable UpstreamExchange exchange;
    private @Nullable ClientCallback<ClientExchange> untold; // until the request is sent for the first time
    private int repeats;
    private boolean requestDone;
    private boolean responseStarted;
    private boolean responseDone;
    private boolean closeAfter;
    private boolean switching;
    private boolean upgraded;
    private boolean ended;

    UpstreamConnection(UpstreamAttempt attempt, Carrier connection, FlushWhenDry.Holder client) {
        this.attempt = attempt;
        this.connection = connection;
        this.client = client;
        this.timer = new ResponseTimer(
                attempt.pool().timers(attempt.exchange().getIoThread()),
                attempt.call().responseHeadTimeout(),
                () -> fail(UpstreamFailure.RESPONSE_TIMEOUT));
    }

    /** ProxyHandler's request; all but its framing is replaced by what the call wants. */
    @Override
    public void sendRequest(ClientRequest request, ClientCallback<ClientExchange> callback) {
        if (attempt.call().upgrade()) {
            // the end of a client that vanishes between the 101 and the tunnel: no tunnel would ever close the upstream
            attempt.exchange().getConnection().addCloseListener(closed -> clientVanished());
        }
        RequestHead head =
                new RequestHead(request, attempt.call(), connection.upstream().address());
        UpstreamExchange outer = new UpstreamExchange(this, head);
        exchange = outer;
        untold = callback;
        send(outer);
    }

    /** The same request on a fresh connection, after a kept one turned out to be dead. */
    void sendAgain(Carrier fresh) {
        connection = fresh;
        UpstreamExchange outer = exchange;
        if (ended || outer == null) {
            fresh.giveBack();
        } else {
            send(outer);
        }
    }

    private void send(UpstreamExchange outer) {
        Carrier mine = connection;
        requestDone |= !outer.head().hasBody();
        timer.start();
        try {
            mine.send(outer.head().request(), outer.sent(), new Sent(outer, mine));
        } catch (IllegalStateException e) {
            LOG.error("request to upstream {} can't be written", mine.upstream().name(), e);
            fail(UpstreamFailure.UNSENDABLE);
        }
    }

    private void responded(UpstreamExchange outer, ClientResponse response) {
        if (ended) {
            return;
        }
        connection.upstream().health().answered();
        timer.stop();
        responseStarted = true;
        switching = response.getResponseCode() == 101;
        closeAfter = attempt.call().upgrade(); // a refused upgrade is rare, and a new connection is certain
        try {
            attempt.call().responseHead(response);
            if (switching) {
                attempt.call().switching(this, connection.upstream().address());
            }
        } catch (RuntimeException e) {
            end();
            attempt.callFailed();
            return;
        }
        outer.responded();
    }

    private void broken(Carrier failed, IOException cause) {
        if (ended || !failed.equals(connection)) {
            return;
        }
        if (canSendAgain(failed, cause)) {
            repeats++;
            timer.stop();
            failed.close();
            attempt.reconnect();
            return;
        }
        fail(kind(cause));
    }

    private static UpstreamFailure kind(IOException cause) {
        if (cause instanceof MalformedResponseException) {
            return UpstreamFailure.BAD_RESPONSE;
        }
        return cause instanceof StreamResetException ? UpstreamFailure.RESET : UpstreamFailure.CLOSED;
    }

    private boolean canSendAgain(Carrier failed, IOException cause) {
        UpstreamExchange outer = exchange;
        boolean unprocessed = cause instanceof StreamResetException reset && reset.isUnprocessed();
        return repeats < (unprocessed ? MOST_REFUSALS : 1)
                && !responseStarted
                && outer != null
                && failed.canSendAgain(cause, outer.head(), outer.sent());
    }

    private void fail(UpstreamFailure failure) {
        if (ended) {
            return;
        }
        if (responseStarted) {
            finish(); // the reader of the response sees the end of the connection and tells the client
            return;
        }
        if (failure == UpstreamFailure.RESPONSE_TIMEOUT) {
            connection.suspect();
        }
        end();
        attempt.fail(failure);
    }

    /** The request is completely with the upstream, as far as this side can know. */
    void requestSent() {
        requestDone = true;
        timer.progress();
    }

    void requestProgress() {
        timer.progress();
    }

    /** Reading the response's body failed: what the client has of it is not all. */
    void responseBroken(IOException cause) {
        if (!ended && !attempt.exchange().isResponseStarted()) {
            attempt.failing(kind(cause));
        }
    }

    /** The response is completely read. */
    void responseRead() {
        if (responseDone || ended) {
            return;
        }
        responseDone = true;
        if (!switching && (requestDone || closeAfter)) {
            finish();
        }
    }

    boolean isResponseDone() {
        return responseDone;
    }

    /** Whether the connection was taken from under a response that is not completely read. */
    boolean isResponseCut() {
        return ended && !responseDone;
    }

    void upstreamIsDry() throws IOException {
        if (!ended) {
            client.flush();
        }
    }

    /** Back to the pool or closed. */
    private void finish() {
        boolean reusable = responseDone && requestDone && !closeAfter && connection.isIdle();
        if (!reusable) {
            end();
            return;
        }
        ended = true;
        timer.stop();
        connection.giveBack();
    }

    private void end() {
        ended = true;
        timer.stop();
        connection.close();
    }

    void exchangeEnded() {
        if (!ended && !switching) {
            end(); // the client has its response or is gone: what is unfinished here has no reader
        }
    }

    private void clientVanished() {
        if (!ended && !upgraded) {
            end();
        }
    }

    @Override
    public StreamConnection performUpgrade() throws IOException {
        upgraded = true;
        return connection.toTunnel();
    }

    /** ProxyHandler closes it when the client's side failed. */
    @Override
    public void close() {
        if (!ended) {
            end();
        }
    }

    HttpServerExchange clientExchange() {
        return attempt.exchange();
    }

    @Override
    ClientConnection below() {
        return connection.connection();
    }

    /** Waits for the response to a request on one connection. */
    private final class Sent implements ClientCallback<ClientExchange> {

        private final UpstreamExchange outer;
        private final Carrier mine;

        Sent(UpstreamExchange outer, Carrier mine) {
            this.outer = outer;
            this.mine = mine;
        }

        @Override
        public void completed(ClientExchange inner) {
            outer.attach(inner);
            inner.setResponseListener(new ClientCallback<>() {
                @Override
                public void completed(ClientExchange result) {
                    responded(outer, result.getResponse());
                }

                @Override
                public void failed(IOException e) {
                    broken(mine, e);
                }
            });
            ClientCallback<ClientExchange> waiting = untold;
            untold = null;
            if (waiting != null) {
                waiting.completed(outer);
            }
        }

        @Override
        public void failed(IOException e) {
            broken(mine, e);
        }
    }
}
