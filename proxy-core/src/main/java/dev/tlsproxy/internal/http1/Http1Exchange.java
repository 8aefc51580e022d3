package dev.tlsproxy.internal.http1;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.ClientResponse;
import io.undertow.client.ContinueNotification;
import io.undertow.client.PushCallback;
import io.undertow.util.AbstractAttachable;
import io.undertow.util.Headers;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/**
 * One request and its response. The channels are the connection's own: who reads or writes them has to stop at the end of
 * the response or the request.
 */
final class Http1Exchange extends AbstractAttachable implements ClientExchange {

    private final Http1Connection connection;
    private final ClientRequest request;
    private @Nullable ClientCallback<ClientExchange> listener;
    private @Nullable ContinueNotification continueHandler;
    private @Nullable ClientResponse response;
    private @Nullable ClientResponse continueResponse;
    private @Nullable IOException failure;

    Http1Exchange(Http1Connection connection, ClientRequest request) {
        this.connection = connection;
        this.request = request;
    }

    /** Whether a 101 may be the answer (RFC 9110 section 7.8). */
    boolean asksToUpgrade() {
        return request.getRequestHeaders().contains(Headers.UPGRADE);
    }

    boolean hasResponded() {
        return response != null;
    }

    /** Tells of a 100, of the first one only (RFC 9110 section 10.1.1). */
    void continued(ClientResponse interim) {
        if (continueResponse == null) {
            continueResponse = interim;
            if (continueHandler != null) {
                continueHandler.handleContinue(this);
            }
        }
    }

    void responded(ClientResponse result) {
        response = result;
        if (listener != null) {
            listener.completed(this);
        }
    }

    /** Tells that no response will come. */
    void failed(IOException cause) {
        failure = cause;
        if (listener != null) {
            listener.failed(cause);
        }
    }

    @Override
    public void setResponseListener(ClientCallback<ClientExchange> responseListener) {
        listener = responseListener;
        if (failure != null) {
            responseListener.failed(failure);
        } else if (response != null) {
            responseListener.completed(this);
        }
    }

    @Override
    public void setContinueHandler(ContinueNotification handler) {
        continueHandler = handler;
    }

    @Override
    public void setPushHandler(PushCallback pushCallback) {
        // HTTP/1.1 has no push
    }

    @Override
    public StreamSinkChannel getRequestChannel() {
        return connection.requestChannel();
    }

    @Override
    public StreamSourceChannel getResponseChannel() {
        return connection.responseChannel();
    }

    @Override
    public ClientRequest getRequest() {
        return request;
    }

    @Override
    public @Nullable ClientResponse getResponse() {
        return response;
    }

    @Override
    public @Nullable ClientResponse getContinueResponse() {
        return continueResponse;
    }

    @Override
    public ClientConnection getConnection() {
        return connection;
    }
}
