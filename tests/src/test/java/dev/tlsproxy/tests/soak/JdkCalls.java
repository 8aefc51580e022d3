package dev.tlsproxy.tests.soak;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/** Calls by the JDK's own client: kept connections of HTTP/1.1, or the streams of one HTTP/2 connection. Thread-safe. */
final class JdkCalls {

    private final URI base;
    private final HttpClient client;

    JdkCalls(URI base, SSLContext trust, HttpClient.Version version) {
        this.base = base;
        this.client = HttpClient.newBuilder()
                .sslContext(trust)
                .version(version)
                .connectTimeout(Bounds.HANG)
                .build();
    }

    Outcome whole(Call call) throws InterruptedException, TimeoutException, IOException {
        Answer answer = new Answer(call);
        try {
            client.sendAsync(request(call), checking(answer)).get(Bounds.HANG.toSeconds(), TimeUnit.SECONDS);
            return answer.complete();
        } catch (ExecutionException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof Answer.WrongAnswer wrong) {
                    throw wrong;
                }
            }
            if (e.getCause() instanceof IOException cut) {
                throw cut;
            }
            throw new IllegalStateException(e);
        }
    }

    Outcome left(Call call, Duration after) throws InterruptedException {
        Answer answer = new Answer(call);
        CompletableFuture<HttpResponse<Void>> response = client.sendAsync(request(call), checking(answer));
        try {
            response.get(after.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            response.cancel(true);
        }
        return Outcome.LEFT;
    }

    private HttpRequest request(Call call) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(base.resolve(call.target())).header("X-Id", Long.toString(call.id()));
        return call.upload() < 0
                ? request.build()
                : request.POST(BodyPublishers.ofByteArray(call.requestBody())).build();
    }

    private static BodyHandler<Void> checking(Answer answer) {
        return head -> {
            answer.head(
                    head.statusCode(),
                    head.headers().firstValue("X-Id"),
                    head.headers().firstValue("X-Body"));
            return BodySubscribers.ofByteArrayConsumer(bytes -> bytes.ifPresent(answer::bytes));
        };
    }
}
