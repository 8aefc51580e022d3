package dev.tlsproxy.acme;

import com.sun.net.httpserver.HttpServer;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.testing.MockDns;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Lets a solver, also one in another JVM, put TXT records into Pebble's DNS. That DNS can only clear a whole name, so a
 * name is cleared when its last value is taken away; Pebble takes one match among several.
 */
final class DnsRelay implements AutoCloseable {

    private final HttpServer server;
    private final MockDns dns;
    private final Map<String, Set<String>> values = new HashMap<>();

    DnsRelay(MockDns dns) {
        this.dns = dns;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            String[] call = exchange.getRequestURI().getPath().split("/");
            apply(call[1], call[2], call[3]);
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
    }

    private synchronized void apply(String action, String name, String value) {
        Set<String> there = values.computeIfAbsent(name, any -> new HashSet<>());
        if (action.equals("present") && there.add(value)) {
            dns.setTxt(name, value);
        } else if (action.equals("cleanup") && there.remove(value) && there.isEmpty()) {
            dns.clearTxt(name);
        }
    }

    /** Records that a solver did not take away. */
    synchronized long left() {
        return values.values().stream().mapToLong(Set::size).sum();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** The solver's side. */
    static ChallengeSolver solver(URI relay) {
        HttpClient http = HttpClient.newHttpClient();
        return new ChallengeSolver() {
            @Override
            public void present(String recordName, String value) throws IOException, InterruptedException {
                call("present", recordName, value);
            }

            @Override
            public void cleanUp(String recordName, String value) throws IOException, InterruptedException {
                call("cleanup", recordName, value);
            }

            private void call(String action, String recordName, String value) throws IOException, InterruptedException {
                URI uri = relay.resolve("/" + action + "/" + recordName + "/" + value);
                HttpResponse<Void> answer =
                        http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding());
                if (answer.statusCode() != 204) {
                    throw new IOException(uri + ": " + answer.statusCode());
                }
            }
        };
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
