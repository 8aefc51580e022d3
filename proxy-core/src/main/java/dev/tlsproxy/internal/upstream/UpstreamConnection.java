package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.ClientResponse;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;

/**
 * A connection lent to one exchange: sends its request, watches over the response, and goes back to the pool only when
 * both were complete. In every other case it is closed. On the exchange's I/O thread.
 */
final class UpstreamConnection extends ForwardingClientConnection {

    private final UpstreamAttempt attempt;
    private final FlushWhenDry.Holder client;
    private final ResponseTimer timer;
    private PooledConnection connection;
    private @Nullable RequestHead head;
    private @Nullable UpstreamExchange exchange;
    private @Nullable PooledConnection dead;
    private boolean requestDone;
    private boolean responseStarted;
    private boolean responseDone;
    private boolean closeAfter;
    private boolean switching;
    private boolean upgraded;
    private boolean ended;

    UpstreamConnection(UpstreamAttempt attempt, PooledConnection connection, FlushWhenDry.Holder client) {
        this.attempt = attempt;
        this.connection = connection;
        this.client = client;
        this.timer = new ResponseTimer(
                attempt.exchange().getIoThread(),
                attempt.call().responseHeadTimeout(),
                attempt.pool().ticker(),
                () -> fail(UpstreamFailure.RESPONSE_TIMEOUT));
        attempt.exchange().addExchangeCompleteListener((done, next) -> {
            clientDone();
            next.proceed();
        });
    }

    /** ProxyHandler's request; all but its framing is replaced by what the call wants. */
    @Override
    public void sendRequest(ClientRequest request, ClientCallback<ClientExchange> callback) {
        if (attempt.call().upgrade()) {
            // the end of a client that vanishes between the 101 and the tunnel: no tunnel would ever close the upstream
            attempt.exchange().getConnection().addCloseListener(closed -> clientVanished());
        }
        head = new RequestHead(request, attempt.call(), connection.upstream().address());
        UpstreamExchange outer = new UpstreamExchange(this, head);
        exchange = outer;
        send(outer, () -> callback.completed(outer));
    }

    /** The same request on a fresh connection, after a kept one turned out to be dead. */
    void sendAgain(PooledConnection fresh) {
        connection = fresh;
        UpstreamExchange outer = exchange;
        if (ended || outer == null) {
            fresh.upstream().giveBack(fresh);
        } else {
            send(outer, () -> {});
        }
    }

    private void send(UpstreamExchange outer, Runnable sent) {
        PooledConnection mine = connection;
        requestDone = !outer.head().hasBody();
        timer.start();
        mine.guard().requestSent();
        mine.http().sendRequest(outer.head().request(), new ClientCallback<>() {
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
                        broken(mine);
                    }
                });
                sent.run();
                sendHead(inner);
            }

            @Override
            public void failed(IOException e) {
                broken(mine);
            }
        });
    }

    /** Undertow's client keeps the head until the first byte of the body, which may wait for a word of the upstream. */
    private void sendHead(ClientExchange inner) {
        if (!ended && !requestDone && !attempt.exchange().isRequestComplete()) {
            try {
                inner.getRequestChannel().flush();
            } catch (IOException e) {
                // the next write fails too, and what becomes of the exchange is decided there
            }
        }
    }

    private void responded(UpstreamExchange outer, ClientResponse response) {
        if (ended) {
            return;
        }
        connection.upstream().health().answered();
        timer.stop();
        connection.guard().progress();
        ResponseCheck check =
                ResponseCheck.of(response, outer.head().method(), attempt.call().upgrade());
        if (check == ResponseCheck.INVALID) {
            fail(UpstreamFailure.BAD_RESPONSE);
            return;
        }
        responseStarted = true;
        switching = check == ResponseCheck.SWITCH;
        if (switching) {
            connection.guard().switched();
        }
        // after a refused upgrade Undertow's client leaves the connection neither usable nor closed
        closeAfter = attempt.call().upgrade() || check != ResponseCheck.PLAIN;
        attempt.call().responseHead(response);
        if (switching) {
            attempt.call().switching(this, connection.upstream().address());
        }
        outer.responded(check == ResponseCheck.NO_BODY);
        if (check == ResponseCheck.NO_BODY) {
            responseRead();
        }
    }

    private void broken(PooledConnection failed) {
        if (ended || failed != connection || failed == dead) {
            return; // closing it tells the same failure again
        }
        if (canSendAgain(failed)) {
            dead = failed;
            timer.stop();
            failed.close();
            attempt.reconnect();
            return;
        }
        // the exception does not tell: Undertow's client closes the connection first, then says what it could not parse
        HeadGuard guard = failed.guard();
        boolean unreadable = guard.sawResponseByte() && !guard.sawEnd();
        fail(unreadable ? UpstreamFailure.BAD_RESPONSE : UpstreamFailure.CLOSED);
    }

    /** RFC 9110 section 9.2.2, RFC 9112 section 9.3.1. */
    private boolean canSendAgain(PooledConnection failed) {
        return failed.isReused()
                && dead == null
                && !responseStarted
                && !failed.guard().sawResponseByte()
                && head != null
                && head.isRepeatable();
    }

    private void fail(UpstreamFailure failure) {
        if (ended) {
            return;
        }
        if (responseStarted) {
            finish(); // the reader of the response sees the end of the connection and tells the client
            return;
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

    void responseProgress() {
        if (!ended) {
            connection.guard().progress();
        }
    }

    /** Reading the response's body failed: what the client has of it is not all. */
    void responseBroken() {
        if (!ended && !attempt.exchange().isResponseStarted()) {
            attempt.failing(UpstreamFailure.CLOSED);
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
        return responseDone || (ended && !connection.isOpen());
    }

    void upstreamIsDry() throws IOException {
        if (!ended) {
            client.flush();
        }
    }

    /** Back to the pool or closed. */
    private void finish() {
        boolean reusable = responseDone && requestDone && !closeAfter && connection.isOpen();
        if (!reusable) {
            end();
            return;
        }
        ended = true;
        timer.stop();
        connection.upstream().giveBack(connection);
    }

    private void end() {
        ended = true;
        timer.stop();
        connection.close();
    }

    private void clientDone() {
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
        connection.leavePool();
        return connection.http().performUpgrade();
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
        return connection.http();
    }
}
