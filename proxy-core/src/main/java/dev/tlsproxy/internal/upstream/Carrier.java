package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;

/**
 * What carries one exchange: a connection of its own, or a stream of a shared one. Holds a place of its upstream's limit until
 * it is given back, closed, or a tunnel. Used on its I/O thread.
 */
interface Carrier {

    UpstreamState upstream();

    ClientConnection connection();

    /**
     * Sends the request.
     *
     * @param before the exchange of another carrier that failed, when the request is sent again
     * @throws IllegalStateException when it can't be written
     */
    void send(ClientRequest request, @Nullable ClientExchange before, ClientCallback<ClientExchange> callback);

    /** Whether the request may go to another carrier after this one failed before the response began. */
    boolean canSendAgain(IOException cause, RequestHead head, @Nullable ClientExchange sent);

    /** Whether request and response are complete, and left it usable. */
    boolean isIdle();

    /** No response came in time: the connection may be dead without a sign. No other exchange is to wait for it. */
    void suspect();

    /** Back to where it was taken from: it is usable. */
    void giveBack();

    /** Ends it at once, with what is under way on it. */
    void close();

    StreamConnection toTunnel() throws IOException;
}
