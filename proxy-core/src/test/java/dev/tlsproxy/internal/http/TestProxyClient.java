package dev.tlsproxy.internal.http;

import dev.tlsproxy.internal.upstream.UpstreamCall;
import dev.tlsproxy.internal.upstream.UpstreamFailure;
import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientRequest;
import io.undertow.client.UndertowClient;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.proxy.ProxyCallback;
import io.undertow.server.handlers.proxy.ProxyClient;
import io.undertow.server.handlers.proxy.ProxyConnection;
import io.undertow.util.Headers;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.xnio.IoUtils;
import org.xnio.OptionMap;

/** The least that stands in for the upstream room: a fresh connection per request by Undertow's client, led by UpstreamCall. */
final class TestProxyClient implements ProxyClient {

    /** How many exchanges have ended, as the upstream room hears of it. */
    final AtomicInteger released = new AtomicInteger();

    private static final ProxyTarget TARGET = new ProxyTarget() {};

    @Override
    public ProxyTarget findTarget(HttpServerExchange exchange) {
        return TARGET;
    }

    @Override
    public void getConnection(
            ProxyTarget target,
            HttpServerExchange exchange,
            ProxyCallback<ProxyConnection> callback,
            long timeout,
            TimeUnit timeUnit) {
        UpstreamCall call = exchange.getAttachment(UpstreamCall.KEY);
        URI uri = call.upstreams().addresses().get(0).uri();
        UndertowClient.getInstance()
                .connect(
                        new ClientCallback<>() {
                            @Override
                            public void completed(ClientConnection connection) {
                                exchange.addExchangeCompleteListener((ended, next) -> {
                                    released.incrementAndGet();
                                    if (!ended.isUpgrade()) {
                                        IoUtils.safeClose(connection);
                                    }
                                    next.proceed();
                                });
                                callback.completed(exchange, new ProxyConnection(leased(connection, call), "/"));
                            }

                            @Override
                            public void failed(IOException e) {
                                call.failed(UpstreamFailure.REFUSED, uri.toString());
                                callback.couldNotResolveBackend(exchange);
                            }
                        },
                        uri,
                        exchange.getIoThread(),
                        exchange.getConnection().getByteBufferPool(),
                        OptionMap.EMPTY);
    }

    private static ClientConnection leased(ClientConnection connection, UpstreamCall call) {
        return delegating(ClientConnection.class, connection, (proxy, method, args) -> {
            if (method.getName().equals("sendRequest")) {
                connection.sendRequest(rewritten((ClientRequest) args[0], call), exchanges(args[1], call));
                return null;
            }
            return call(method, connection, args);
        });
    }

    private static ClientRequest rewritten(ClientRequest from, UpstreamCall call) {
        ClientRequest request = new ClientRequest().setMethod(from.getMethod()).setPath(call.target());
        call.requestHeaders().forEach(values -> request.getRequestHeaders().putAll(values.getHeaderName(), values));
        for (var framing : new io.undertow.util.HttpString[] {Headers.CONTENT_LENGTH, Headers.TRANSFER_ENCODING}) {
            if (from.getRequestHeaders().contains(framing)) {
                request.getRequestHeaders()
                        .put(framing, from.getRequestHeaders().getFirst(framing));
            }
        }
        return request;
    }

    @SuppressWarnings("unchecked")
    private static ClientCallback<ClientExchange> exchanges(Object callback, UpstreamCall call) {
        ClientCallback<ClientExchange> to = (ClientCallback<ClientExchange>) callback;
        return new ClientCallback<>() {
            @Override
            public void completed(ClientExchange result) {
                to.completed(delegating(ClientExchange.class, result, (proxy, method, args) -> {
                    if (method.getName().equals("setResponseListener")) {
                        result.setResponseListener(responses((ClientCallback<ClientExchange>) args[0], call));
                        return null;
                    }
                    return call(method, result, args);
                }));
            }

            @Override
            public void failed(IOException e) {
                call.failed(UpstreamFailure.CLOSED, "test");
                to.failed(e);
            }
        };
    }

    private static ClientCallback<ClientExchange> responses(ClientCallback<ClientExchange> to, UpstreamCall call) {
        return new ClientCallback<>() {
            @Override
            public void completed(ClientExchange result) {
                try {
                    call.responseHead(result.getResponse());
                } catch (RuntimeException e) {
                    IoUtils.safeClose(result.getConnection());
                    to.failed(new IOException(e));
                    return;
                }
                if (call.upgrade() && result.getResponse().getResponseCode() == 101) {
                    call.switching(
                            result.getConnection(), call.upstreams().addresses().get(0));
                }
                to.completed(result);
            }

            @Override
            public void failed(IOException e) {
                call.failed(UpstreamFailure.CLOSED, "test");
                to.failed(e);
            }
        };
    }

    private static Object call(java.lang.reflect.Method method, Object target, Object[] args) throws Throwable {
        try {
            return method.invoke(target, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T delegating(Class<T> type, T target, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(TestProxyClient.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
