package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamAddress;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.UpgradeHandler;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Requests in any bytes, past all that a parser might have refused: what the rules let through can be written as one
 * HTTP/1.1 request, and its route is that of every reading of its path.
 */
class RequestFuzzTest {

    private static final HttpString[] PROTOCOLS = {Protocols.HTTP_1_1, Protocols.HTTP_2_0, Protocols.HTTP_1_0};
    private static final RouteTable ROUTES =
            RouteTable.of(List.of(route("/public"), route("/admin"), route("/public/api")));

    /** First byte: version; then lines: method, target, and {@code name:value} each. */
    @FuzzTest(maxDuration = "20s")
    void anyRequest(byte[] data) {
        if (data.length < 2) {
            return;
        }
        String[] lines = new String(data, 1, data.length - 1, StandardCharsets.ISO_8859_1).split("\u0001", -1);
        if (lines.length < 2 || lines[0].isEmpty()) {
            return;
        }
        HeaderMap fields = new HeaderMap();
        for (int i = 2; i < Math.min(lines.length, 60); i++) {
            int colon = lines[i].indexOf(':', 1);
            if (colon > 0 && isNamed(lines[i], colon)) {
                fields.add(new HttpString(lines[i].substring(0, colon)), lines[i].substring(colon + 1));
            }
        }
        RequestHead head =
                new RequestHead(lines[0], lines[1], PROTOCOLS[(data[0] & 0xFF) % 3], fields, (data[0] & 4) != 0);
        try {
            RequestRules.check(head, "a.example.com");
            assertWritable(head);
            assertSameRoute(head.path());
        } catch (Refusal refused) {
            assertThat(refused.status()).isBetween(400, 599);
        }
    }

    /** Undertow itself lets no other byte into a name. */
    static boolean isNamed(String line, int colon) {
        return line.substring(0, colon).chars().noneMatch(c -> c == '\r' || c == '\n');
    }

    private static void assertWritable(RequestHead head) {
        assertThat(head.method()).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
        assertThat(head.originForm()).matches("(?s)(/[^\\x00-\\x20\\x7F#]*|\\*)");
        HeaderMap upstream = HopHeaders.upstreamRequest(head, HopHeaders.asksForWebSocket(head));
        for (HeaderValues values : upstream) {
            String name = values.getHeaderName().toString();
            assertThat(name).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
            assertThat(name).isNotEqualToIgnoringCase("Transfer-Encoding");
            assertThat(name).isNotEqualToIgnoringCase("Keep-Alive");
            assertThat(name).isNotEqualToIgnoringCase("Proxy-Connection");
            for (String value : values) {
                assertThat(value).doesNotContain("\r", "\n", "\0");
            }
        }
        HeaderValues connection = upstream.get(Headers.CONNECTION);
        if (connection != null) {
            assertThat(connection).isSubsetOf("Upgrade", "TE");
        }
    }

    /** What an upstream that decodes, collapses and resolves would make of the path is behind the same route. */
    private static void assertSameRoute(String path) {
        Optional<RouteEntry> route = ROUTES.find("a.example.com", path);
        String read = resolved(path);
        if (read.indexOf('%') >= 0) {
            return; // it could be decoded again, into anything
        }
        Optional<RouteEntry> other = ROUTES.find("a.example.com", read);
        assertThat(other.map(RouteEntry::name)).as(path + " read as " + read).isEqualTo(route.map(RouteEntry::name));
    }

    private static String resolved(String path) {
        Deque<String> segments = new ArrayDeque<>();
        for (String segment : decoded(path).replace('\\', '/').split("/", -1)) {
            String plain = segment.replaceAll(";.*", "");
            if (plain.equals("..")) {
                segments.pollLast();
            } else if (!plain.isEmpty() && !plain.equals(".")) {
                segments.addLast(plain);
            }
        }
        return "/" + String.join("/", segments);
    }

    private static String decoded(String path) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c == '%') {
                decoded.append((char) Integer.parseInt(path.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                decoded.append(c);
            }
        }
        return decoded.toString();
    }

    private static RouteEntry route(String prefix) {
        return new RouteEntry(
                HostPattern.parse("a.example.com").orElseThrow(),
                prefix,
                false,
                new UpstreamGroup(List.of(new UpstreamAddress(URI.create("http://127.0.0.1:1"), null))),
                Duration.ofSeconds(1),
                -1,
                List.of(),
                exchange -> UpgradeHandler.Decision.pass());
    }
}
