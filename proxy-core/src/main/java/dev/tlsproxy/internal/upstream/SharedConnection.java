package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import dev.tlsproxy.internal.http2.Http2Connection;
import dev.tlsproxy.internal.http2.StreamResetException;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;

/** An HTTP/2 connection to an upstream, and its streams that are lent. It holds no place of the limit; each stream does. */
final class SharedConnection {

    private final UpstreamState upstream;
    private final SharedConnections owner;
    private final Http2Connection http;
    private int lent;
    private boolean used;
    private boolean draining;
    private long idleSince;

    SharedConnection(UpstreamState upstream, SharedConnections owner, Http2Connection http) {
        this.upstream = upstream;
        this.owner = owner;
        this.http = http;
    }

    /** Whether it may carry one more exchange. */
    boolean hasRoom() {
        if (lent == 0 && used) {
            http.look(); // its end, or a GOAWAY, may wait to be read
        }
        return !draining && lent < http.capacity();
    }

    Carrier lend() {
        lent++;
        return new SharedStream(used);
    }

    boolean isIdle() {
        return lent == 0;
    }

    void idleSince(long nanos) {
        idleSince = nanos;
    }

    long idleSince() {
        return idleSince;
    }

    /** Takes no more exchanges; closed when it has none. */
    void drain() {
        draining = true;
        if (lent == 0) {
            close();
        }
    }

    boolean isDraining() {
        return draining;
    }

    void close() {
        http.close();
    }

    private void returned() {
        lent--;
        used = true;
        if (lent == 0) {
            owner.idle(this);
        }
    }

    /** A place for one exchange. */
    private final class SharedStream implements Carrier {

        private final boolean reused;
        private @Nullable ClientExchange exchange;
        private boolean left;

        /**
         * @param reused whether the connection served a request before: then the upstream may be closing it right now
         */
        SharedStream(boolean reused) {
            this.reused = reused;
        }

        @Override
        public UpstreamState upstream() {
            return upstream;
        }

        @Override
        public ClientConnection connection() {
            return http;
        }

        @Override
        public void send(
                ClientRequest request, @Nullable ClientExchange before, ClientCallback<ClientExchange> callback) {
            ClientCallback<ClientExchange> remembering = new ClientCallback<>() {
                @Override
                public void completed(ClientExchange result) {
                    exchange = result;
                    callback.completed(result);
                }

                @Override
                public void failed(IOException e) {
                    callback.failed(e);
                }
            };
            if (before == null) {
                http.sendRequest(request, remembering);
            } else {
                http.sendAgain(before, remembering);
            }
        }

        /** RFC 9113 section 8.7; else as for a connection of its own. */
        @Override
        public boolean canSendAgain(IOException cause, RequestHead head, @Nullable ClientExchange sent) {
            boolean unprocessed = cause instanceof StreamResetException reset && reset.isUnprocessed();
            boolean stale =
                    reused && head.isRepeatable() && !http.isOpen() && !(cause instanceof MalformedResponseException);
            boolean again = (unprocessed || stale) && (sent == null || Http2Connection.hold(sent));
            if (again) {
                exchange = null; // another carrier's from now on
                drain(); // who refuses one request refuses the next
            }
            return again;
        }

        @Override
        public boolean isIdle() {
            return true; // the connection is, whatever became of this stream
        }

        @Override
        public void suspect() {
            drain();
        }

        @Override
        public void giveBack() {
            close();
        }

        @Override
        public void close() {
            if (exchange != null) {
                http.cancel(exchange);
            }
            leave();
        }

        private void leave() {
            if (!left) {
                left = true;
                returned();
                upstream.released();
            }
        }

        @Override
        public StreamConnection toTunnel() throws IOException {
            return http.performUpgrade();
        }
    }
}
