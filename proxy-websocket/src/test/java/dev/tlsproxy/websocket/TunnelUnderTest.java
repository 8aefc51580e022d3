package dev.tlsproxy.websocket;

import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.HeaderFields;
import dev.tlsproxy.spi.NegotiatedTls;
import dev.tlsproxy.spi.Tunnel.Side;
import dev.tlsproxy.spi.TunnelFilter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/** A tunnel in memory that a policy has let in. */
final class TunnelUnderTest {

    final FakeTunnel tunnel = new FakeTunnel();
    final List<String> opened = new ArrayList<>();
    final List<WebSocketSummary> closed = new ArrayList<>();
    final WebSockets policy;
    final TunnelFilter filter;

    TunnelUnderTest(UnaryOperator<WebSockets> change, String... response) {
        policy = change.apply(policy()).events(new WebSocketEvents() {
            @Override
            public void tunnelOpened(String route, InetAddress client) {
                opened.add(route + " " + client.getHostAddress());
            }

            @Override
            public void tunnelClosed(WebSocketSummary tunnel) {
                closed.add(tunnel);
            }
        });
        filter = policy.decide(new Asked()).filter().orElseThrow();
        Fields fields = new Fields();
        for (int i = 0; i < response.length; i += 2) {
            fields.add(response[i], response[i + 1]);
        }
        filter.opened(tunnel, fields);
    }

    static WebSockets policy() {
        return new WebSockets(Settings.DEFAULTS, new Counting());
    }

    void from(Side side, String hex) {
        filter.received(side, Wire.bytes(hex));
    }

    String toClient() {
        return tunnel.take(Side.CLIENT);
    }

    String toUpstream() {
        return tunnel.take(Side.UPSTREAM);
    }

    /** A close frame of the proxy, as the client gets it. */
    static String closeToClient(int code, String reason) {
        return Wire.fromServer(0x88, Wire.close(code, reason));
    }

    /** A close frame of the proxy, as the upstream gets it. */
    static String closeToUpstream(int code, String reason) {
        return Wire.masked(0x88, Wire.close(code, reason), Wire.PROXY_KEY);
    }

    /** Gives 0, 1, 2... for each array. */
    static final class Counting implements RandomGenerator {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public void nextBytes(byte[] bytes) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) i;
            }
        }
    }

    /** Header fields in memory. */
    static final class Fields implements HeaderFields {

        private final Map<String, List<String>> map = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

        @Override
        public Optional<String> first(String name) {
            return all(name).stream().findFirst();
        }

        @Override
        public List<String> all(String name) {
            return List.copyOf(map.getOrDefault(name, List.of()));
        }

        @Override
        public Set<String> names() {
            return new LinkedHashSet<>(map.keySet());
        }

        @Override
        public void set(String name, String value) {
            map.put(name, new ArrayList<>(List.of(value)));
        }

        @Override
        public void add(String name, String value) {
            map.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
        }

        @Override
        public void remove(String name) {
            map.remove(name);
        }
    }

    /** A request for a tunnel, proper unless a test changes it. */
    static final class Asked implements ExchangeFilter.Exchange {

        final Fields fields = new Fields();
        String route = "live.example.com";
        String client = "192.0.2.1";

        Asked() {
            fields.set("Sec-WebSocket-Version", "13");
            fields.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        }

        Asked by(String address) {
            client = address;
            return this;
        }

        Asked on(String name) {
            route = name;
            return this;
        }

        Asked with(String name, String... values) {
            fields.remove(name);
            for (String value : values) {
                fields.add(name, value);
            }
            return this;
        }

        @Override
        public String method() {
            return "GET";
        }

        @Override
        public String target() {
            return "/live?token=secret";
        }

        @Override
        public String host() {
            return "live.example.com";
        }

        @Override
        public String route() {
            return route;
        }

        @Override
        public InetAddress clientAddress() {
            try {
                return InetAddress.getByName(client);
            } catch (UnknownHostException e) {
                throw new IllegalArgumentException(client, e);
            }
        }

        @Override
        public String httpVersion() {
            return "HTTP/1.1";
        }

        @Override
        public NegotiatedTls tls() {
            throw new UnsupportedOperationException();
        }

        @Override
        public HeaderFields upstreamRequest() {
            return fields;
        }

        @Override
        public HeaderFields clientResponse() {
            return new Fields();
        }

        @Override
        public int status() {
            return 0;
        }

        @Override
        public void respond(int status, String contentType, byte[] body) {
            throw new UnsupportedOperationException();
        }
    }
}
