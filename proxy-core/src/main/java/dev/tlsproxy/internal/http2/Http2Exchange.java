package dev.tlsproxy.internal.http2;

import dev.tlsproxy.internal.http1.ContentLength;
import dev.tlsproxy.internal.http1.MalformedResponseException;
import dev.tlsproxy.internal.http1.TrailerFields;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.ClientResponse;
import io.undertow.client.ContinueNotification;
import io.undertow.client.PushCallback;
import io.undertow.server.protocol.http.HttpAttachments;
import io.undertow.util.AbstractAttachable;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.Protocols;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioIoThread;
import org.xnio.channels.Configurable;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;

/**
 * One request and its response, on a stream of a connection; on another stream when the first was refused. What comes is
 * noted while frames are read, and told in {@link #run} after that: who is told may do anything to the connection.
 */
final class Http2Exchange extends AbstractAttachable implements ClientExchange {

    /** Interim responses before the final one; more are taken for an attack. */
    static final int MAX_INTERIM_RESPONSES = 10;

    private final ClientRequest request;
    private final RequestBody requestBody;
    private final ResponseBody responseBody = new ResponseBody(this);
    private final StreamSinkChannel requestChannel;
    private final StreamSourceChannel responseChannel;
    private Http2Connection connection;
    private int stream;
    private Window window = new Window(0);
    private @Nullable ClientCallback<ClientExchange> listener;
    private @Nullable ContinueNotification continueHandler;
    private @Nullable ClientResponse continueResponse;
    private boolean continueTold;
    private @Nullable ClientResponse response;
    private boolean responseTold;
    private int interimResponses;
    private @Nullable IOException failure;
    private boolean failureTold;
    private @Nullable IOException refusal; // of the rest of the request, beside a whole response
    private boolean waking;

    Http2Exchange(Http2Connection connection, ClientRequest request) {
        this.connection = connection;
        this.request = request;
        this.requestBody = new RequestBody(this, bodyLength(request.getRequestHeaders()));
        this.requestChannel = new ConduitStreamSinkChannel(Configurable.EMPTY, requestBody);
        this.responseChannel = new ConduitStreamSourceChannel(Configurable.EMPTY, responseBody);
    }

    /** The length that a request's fields announce; -1 where it ends with its stream. */
    private static long bodyLength(HeaderMap fields) {
        if (fields.contains(Headers.TRANSFER_ENCODING)) {
            return -1;
        }
        String length = fields.getFirst(Headers.CONTENT_LENGTH);
        return length == null ? 0 : Long.parseLong(length);
    }

    /** Begins on a stream: with its head, which ends it where there is no body. */
    void begin(Http2Connection on, int id, int initialWindow) {
        connection = on;
        stream = id;
        window = new Window(initialWindow);
        interimResponses = 0;
        responseBody.restart();
        requestBody.restart(hasNoBody());
    }

    boolean hasNoBody() {
        return bodyLength(request.getRequestHeaders()) == 0;
    }

    int stream() {
        return stream;
    }

    Window window() {
        return window;
    }

    XnioIoThread thread() {
        return connection.getIoThread();
    }

    // What the upstream sends.

    void receiveHead(FieldSection section, boolean end) throws MalformedResponseException {
        section.check(response == null);
        if (response != null) {
            receiveTrailers(section.fields(), end);
        } else if (section.status() < 200) {
            receiveInterim(section, end);
        } else {
            responseBody.begin(ContentLength.of(section.fields()), isBodiless(section));
            if (end) {
                responseBody.end();
            }
            requestBody.forget();
            response = response(section);
        }
        wake();
    }

    private void receiveInterim(FieldSection section, boolean end) throws MalformedResponseException {
        if (end || section.status() == 101) {
            throw new MalformedResponseException(end ? "an interim response that is the last" : "101 in HTTP/2");
        }
        if (++interimResponses > MAX_INTERIM_RESPONSES) {
            throw new MalformedResponseException("more than " + MAX_INTERIM_RESPONSES + " interim responses");
        }
        if (section.status() == 100 && continueResponse == null) {
            continueResponse = response(section);
        }
    }

    private void receiveTrailers(HeaderMap trailers, boolean end) throws MalformedResponseException {
        if (!end) {
            throw new MalformedResponseException("trailers: not the end of the response");
        }
        responseBody.end();
        HeaderMap permitted = TrailerFields.permitted(trailers);
        if (permitted.size() > 0) {
            putAttachment(HttpAttachments.REQUEST_TRAILERS, permitted);
        }
    }

    /** RFC 9110 section 6.4.1; removes the length that such a response must not have. */
    private boolean isBodiless(FieldSection head) {
        if (head.status() == 204 || head.status() == 205) {
            head.fields().remove(Headers.CONTENT_LENGTH);
            return true;
        }
        return request.getMethod().equals(Methods.HEAD) || head.status() == 304;
    }

    private static ClientResponse response(FieldSection head) {
        return new ClientResponse(
                head.status(), StatusCodes.getReason(head.status()), Protocols.HTTP_2_0, head.fields());
    }

    ResponseBody responseBody() {
        return responseBody;
    }

    void receiveContent(ByteBuffer content) throws MalformedResponseException {
        if (response == null) {
            throw new MalformedResponseException("content before the response head");
        }
        responseBody.receive(content);
        wake();
    }

    void receiveEnd() throws MalformedResponseException {
        if (response == null) {
            throw new MalformedResponseException("the end before the response head");
        }
        responseBody.end();
        wake();
    }

    boolean hasResponse() {
        return response != null;
    }

    boolean isOver() {
        return responseBody.isEnded() && requestBody.isEnded();
    }

    /** No more of the response will come; where it is whole, no more of the request is wanted. */
    void fail(IOException cause) {
        if (responseBody.isEnded()) {
            refusal = cause;
        } else if (failure == null) {
            failure = cause;
        }
        wake();
    }

    /**
     * Gets ready to be sent again, if nothing of the response came and all that was sent of the request is still here: until
     * it has another stream, the body's writer waits.
     */
    boolean hold() {
        if (response != null || !requestBody.isRepeatable()) {
            return false;
        }
        failure = null;
        failureTold = false;
        listener = null;
        return true;
    }

    // Telling.

    /** Has {@link #run} called soon. */
    void wake() {
        if (!waking) {
            waking = true;
            connection.wake(this);
        }
    }

    void run() {
        waking = false;
        try {
            tell();
        } catch (RuntimeException e) {
            cancel(); // one exchange must not end what others have on the connection
            if (listener != null) {
                listener.failed(new IOException(e));
            }
        }
        requestBody.run();
        responseBody.run();
    }

    private void tell() {
        if (continueResponse != null && !continueTold) {
            continueTold = true;
            if (continueHandler != null) {
                continueHandler.handleContinue(this);
            }
        }
        if (response != null && !responseTold) {
            responseTold = true;
            if (listener != null) {
                listener.completed(this);
            }
        } else if (response == null && failure != null && !failureTold) {
            failureTold = true;
            if (listener != null) {
                listener.failed(failure);
            }
        }
    }

    // What the bodies need of the connection.

    boolean isOnStream() {
        return connection.carries(this);
    }

    @Nullable
    IOException failure() {
        return failure;
    }

    @Nullable
    IOException writeFailure() {
        return failure != null ? failure : refusal;
    }

    /** How many octets of content may be sent in a frame now. */
    int sendable() {
        return isOnStream() ? connection.sendable(window) : 0;
    }

    boolean hasRoom() {
        return !isOnStream() || connection.hasRoom();
    }

    void blocked() {
        connection.blocked(this);
    }

    void sendData(ByteBuffer content, int count, boolean end) {
        window.take(count);
        connection.sendData(this, content, count, end);
    }

    @Nullable
    HeaderMap requestTrailers() {
        return getAttachment(HttpAttachments.RESPONSE_TRAILERS);
    }

    void sendTrailers(ByteBuffer block) {
        connection.sendTrailers(this, block);
    }

    void openWindow(int octets) {
        connection.openWindow(this, octets);
    }

    /** Nobody wants the response, or the request can't be sent to its end. */
    void cancel() {
        if (isOver()) {
            return;
        }
        connection.cancel(this);
        fail(new ClosedChannelException());
        responseBody.drop();
    }

    // ClientExchange.

    @Override
    public void setResponseListener(ClientCallback<ClientExchange> responseListener) {
        listener = responseListener;
        if (failureTold && failure != null) {
            responseListener.failed(failure);
        } else if (responseTold) {
            responseListener.completed(this);
        }
    }

    @Override
    public void setContinueHandler(ContinueNotification handler) {
        continueHandler = handler;
    }

    @Override
    public void setPushHandler(PushCallback pushCallback) {
        // not permitted by the settings
    }

    @Override
    public StreamSinkChannel getRequestChannel() {
        return requestChannel;
    }

    @Override
    public StreamSourceChannel getResponseChannel() {
        return responseChannel;
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
