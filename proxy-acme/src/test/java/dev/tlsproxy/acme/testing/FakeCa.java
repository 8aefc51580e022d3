package dev.tlsproxy.acme.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * A scripted CA over plain HTTP on loopback, for what no real one can be made to do. It checks nonces and signatures as
 * RFC 8555 section 6 demands; validates nothing; and gives what is scripted for an endpoint before what it would say.
 */
public final class FakeCa implements AutoCloseable {

    /** What the script says once. */
    public record Answer(int status, Map<String, String> headers, String body, boolean nonce, boolean stalled) {

        public static Answer problem(int status, String type, String detail, Map<String, String> headers) {
            Map<String, String> all = new ConcurrentHashMap<>(headers);
            all.put("Content-Type", "application/problem+json");
            String body = "{\"type\":\"urn:ietf:params:acme:error:" + type + "\",\"detail\":\"" + detail + "\"}";
            return new Answer(status, all, body, true, false);
        }

        public static Answer html(int status, Map<String, String> headers) {
            Map<String, String> all = new ConcurrentHashMap<>(headers);
            all.put("Content-Type", "text/html");
            return new Answer(status, all, "<h1>Sorry</h1>", true, false);
        }

        /** A head that promises a body of which nothing comes. */
        public static Answer stall() {
            return new Answer(200, Map.of("Content-Type", "application/json"), "{}", true, true);
        }

        public Answer withoutNonce() {
            return new Answer(status, headers, body, false, stalled);
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Set<String> nonces = ConcurrentHashMap.newKeySet();
    private final AtomicInteger numbers = new AtomicInteger();
    private final Map<String, PublicKey> accounts = new ConcurrentHashMap<>();
    private final Map<String, Deque<Answer>> script = new ConcurrentHashMap<>();
    private final Map<String, Answer> constant = new ConcurrentHashMap<>();
    private volatile boolean down;
    private volatile Runnable onNewAccount = () -> {};
    private final List<String> requests = java.util.Collections.synchronizedList(new ArrayList<>());
    private final FakeOrders orders;

    public FakeCa() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        orders = new FakeOrders(base());
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private String base() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public URI directory() {
        return URI.create(base() + "/dir");
    }

    /** Its orders, and how they go. */
    public FakeOrders orders() {
        return orders;
    }

    /** The next answers at {@code dir, new-nonce, new-account, new-order, order, authz, chall, finalize, cert, ari}. */
    public FakeCa script(String endpoint, Answer... answers) {
        script.computeIfAbsent(endpoint, any -> new java.util.concurrent.ConcurrentLinkedDeque<>())
                .addAll(List.of(answers));
        return this;
    }

    /** What an endpoint answers from now on, once its script is over. */
    public FakeCa always(String endpoint, Answer answer) {
        constant.put(endpoint, answer);
        return this;
    }

    /** Takes it off the network: a connection is accepted and closed without an answer. */
    public FakeCa down() {
        down = true;
        return this;
    }

    /** It is up, and answers as a CA does. */
    public void heal() {
        down = false;
        constant.clear();
        script.clear();
        orders.heal();
    }

    /** Runs at each request for a new account. */
    public void onNewAccount(Runnable action) {
        onNewAccount = action;
    }

    /** How often it was asked anything. */
    public long requests() {
        return requests.size();
    }

    /** How often an endpoint was asked. */
    public long requests(String endpoint) {
        synchronized (requests) {
            return requests.stream().filter(endpoint::equals).count();
        }
    }

    /** Loses all accounts. */
    public void forgetAccounts() {
        accounts.clear();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String endpoint = path.split("/")[1];
            requests.add(endpoint);
            if (down) {
                return;
            }
            Answer answer = answer(exchange, path, endpoint);
            if (answer.nonce()) {
                String nonce = "nonce" + numbers.incrementAndGet();
                nonces.add(nonce);
                exchange.getResponseHeaders().set("Replay-Nonce", nonce);
            }
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(answer.status(), head ? -1 : body.length);
            if (answer.stalled()) {
                closing.await();
            } else if (!head) {
                exchange.getResponseBody().write(body);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (JoseException | RuntimeException e) {
            e.printStackTrace();
            throw new IOException(e);
        }
    }

    private Answer answer(HttpExchange exchange, String path, String endpoint) throws IOException, JoseException {
        Map<String, Object> payload = Map.of();
        String newAccount = base() + "/acct/" + numbers.incrementAndGet();
        if (exchange.getRequestMethod().equals("POST")) {
            JsonWebSignature jws = new JsonWebSignature();
            Map<String, Object> flat =
                    JsonUtil.parseJson(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            jws.setCompactSerialization(
                    flat.get("protected") + "." + flat.get("payload") + "." + flat.get("signature"));
            Answer refusal = verify(jws, base() + path, newAccount);
            if (refusal != null) {
                return refusal;
            }
            String text = jws.getPayload();
            payload = text.isEmpty() ? Map.of() : JsonUtil.parseJson(text);
        }
        Deque<Answer> scripted = script.get(endpoint);
        Answer next = scripted == null ? null : scripted.poll();
        if (next != null) {
            return next;
        }
        Answer same = constant.get(endpoint);
        if (same != null) {
            return same;
        }
        if (endpoint.equals("new-account")) {
            onNewAccount.run();
        }
        return endpoint.equals("new-account")
                ? FakeOrders.json(201, newAccount, "{\"status\":\"valid\"}")
                : orders.answer(endpoint, path, payload);
    }

    private @Nullable Answer verify(JsonWebSignature jws, String url, String newAccount) throws JoseException {
        String kid = jws.getHeader("kid");
        PublicKey key;
        if (kid == null) {
            PublicJsonWebKey jwk = jws.getHeaders().getPublicJwkHeaderValue("jwk", null);
            key = jwk.getPublicKey();
        } else {
            key = accounts.get(kid);
        }
        if (key == null) {
            return Answer.problem(400, "accountDoesNotExist", "unknown account", Map.of());
        }
        jws.setKey(key);
        if (!jws.verifySignature() || !url.equals(jws.getHeader("url"))) {
            return Answer.problem(400, "malformed", "signature or url is wrong", Map.of());
        }
        if (!nonces.remove(jws.getHeader("nonce"))) {
            return Answer.problem(400, "badNonce", "unknown nonce", Map.of());
        }
        if (kid == null) {
            accounts.put(newAccount, key);
        }
        return null;
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
