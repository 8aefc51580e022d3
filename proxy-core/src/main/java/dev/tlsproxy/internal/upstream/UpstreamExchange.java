package dev.tlsproxy.internal.upstream;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.ClientResponse;
import io.undertow.client.ContinueNotification;
import io.undertow.client.PushCallback;
import io.undertow.util.AttachmentKey;
import io.undertow.util.AttachmentList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/** ProxyHandler's view of the request and response on a lent connection; below it, the connection may be replaced once. */
final class UpstreamExchange implements ClientExchange {

    private final UpstreamConnection connection;
    private final RequestHead head;
    private @Nullable ClientExchange below;
    private @Nullable ClientCallback<ClientExchange> listener;
    private boolean responded;

    UpstreamExchange(UpstreamConnection connection, RequestHead head) {
        this.connection = connection;
        this.head = head;
    }

    void attach(ClientExchange exchange) {
        below = exchange;
    }

    /** The exchange below; null before the request was sent. */
    @Nullable
    ClientExchange sent() {
        return below;
    }

    /** Hands the response to ProxyHandler. */
    void responded() {
        responded = true;
        if (listener != null) {
            listener.completed(this);
        }
    }

    RequestHead head() {
        return head;
    }

    @Override
    public void setResponseListener(ClientCallback<ClientExchange> responseListener) {
        listener = responseListener;
        if (responded) {
            responseListener.completed(this);
        }
    }

    @Override
    public void setContinueHandler(ContinueNotification continueHandler) {
        below().setContinueHandler(inner -> continueHandler.handleContinue(this));
    }

    @Override
    public void setPushHandler(PushCallback pushCallback) {
        // HTTP/1.1 has no push
    }

    @Override
    public StreamSinkChannel getRequestChannel() {
        return new RequestChannel(below().getRequestChannel(), connection, head.hasBody());
    }

    @Override
    public StreamSourceChannel getResponseChannel() {
        return new ResponseChannel(below().getResponseChannel(), connection);
    }

    @Override
    public ClientRequest getRequest() {
        return head.request();
    }

    @Override
    public ClientResponse getResponse() {
        return below().getResponse();
    }

    @Override
    public ClientResponse getContinueResponse() {
        return below().getContinueResponse();
    }

    @Override
    public ClientConnection getConnection() {
        return connection;
    }

    @Override
    public <T> @Nullable T getAttachment(AttachmentKey<T> key) {
        return below().getAttachment(key);
    }

    @Override
    public <T> List<T> getAttachmentList(AttachmentKey<? extends List<T>> key) {
        return below().getAttachmentList(key);
    }

    @Override
    public <T> @Nullable T putAttachment(AttachmentKey<T> key, T value) {
        return below().putAttachment(key, value);
    }

    @Override
    public <T> @Nullable T removeAttachment(AttachmentKey<T> key) {
        return below().removeAttachment(key);
    }

    @Override
    public <T> void addToAttachmentList(AttachmentKey<AttachmentList<T>> key, T value) {
        below().addToAttachmentList(key, value);
    }

    private ClientExchange below() {
        return Objects.requireNonNull(below, "not sent yet");
    }
}
