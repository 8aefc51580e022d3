package dev.tlsproxy.internal.upstream;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import dev.tlsproxy.internal.http2.Http2Connection;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;

/** The GET of a health check on an HTTP/2 connection of its own, which ends with the response's head. On its I/O thread. */
final class CheckOverHttp2 implements ClientCallback<ClientExchange> {

    private final Http2Connection http;
    private final ClientRequest request;
    private final IntConsumer status;
    private final Consumer<UpstreamFailure> failed;
    private boolean responded;

    /**
     * Begins at once.
     *
     * @param status gets that of the response
     * @param failed told in place of it
     */
    CheckOverHttp2(
            StreamConnection stream,
            UpstreamConnector connector,
            UpstreamAddress upstream,
            CheckConfig config,
            IntConsumer status,
            Consumer<UpstreamFailure> failed) {
        this.status = status;
        this.failed = failed;
        this.request = request(upstream, config);
        this.http = new Http2Connection(
                stream,
                connector.buffers(),
                upstream.tls() != null,
                connector.ticker(),
                fault -> {}, // the check's result tells of it
                this::ready);
    }

    private static ClientRequest request(UpstreamAddress upstream, CheckConfig config) {
        ClientRequest request = new ClientRequest()
                .setMethod(Methods.GET)
                .setPath(upstream.uri().getRawPath() + config.path());
        HeaderMap fields = request.getRequestHeaders();
        fields.put(
                Headers.HOST,
                config.host() != null ? config.host() : upstream.uri().getRawAuthority());
        fields.put(Headers.USER_AGENT, CheckProbe.USER_AGENT);
        fields.put(Headers.ACCEPT, "*/*");
        return request;
    }

    private void ready(@Nullable IOException failure) {
        if (failure != null) {
            failed(failure);
        } else {
            http.sendRequest(request, this);
        }
    }

    @Override
    public void completed(ClientExchange exchange) {
        exchange.setResponseListener(new ClientCallback<>() {
            @Override
            public void completed(ClientExchange result) {
                responded = true;
                status.accept(result.getResponse().getResponseCode());
                http.close();
            }

            @Override
            public void failed(IOException e) {
                CheckOverHttp2.this.failed(e);
            }
        });
    }

    @Override
    public void failed(IOException e) {
        if (!responded) {
            responded = true;
            failed.accept(
                    e instanceof MalformedResponseException ? UpstreamFailure.BAD_RESPONSE : UpstreamFailure.CLOSED);
        }
    }
}
