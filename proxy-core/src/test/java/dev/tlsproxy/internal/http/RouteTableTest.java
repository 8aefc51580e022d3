package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.names.HostPattern;
import dev.tlsproxy.internal.upstream.UpstreamGroup;
import dev.tlsproxy.spi.UpgradeHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTableTest {

    private static RouteEntry route(String pattern) {
        int slash = pattern.indexOf('/');
        return new RouteEntry(
                HostPattern.parse(slash < 0 ? pattern : pattern.substring(0, slash))
                        .orElseThrow(),
                slash < 0 ? "" : pattern.substring(slash),
                false,
                new UpstreamGroup(List.of()),
                Duration.ofSeconds(1),
                -1,
                List.of(),
                exchange -> UpgradeHandler.Decision.pass());
    }

    private static RouteTable table(String... patterns) {
        return RouteTable.of(Arrays.stream(patterns).map(RouteTableTest::route).toList());
    }

    private static String find(RouteTable table, String host, String path) {
        return table.find(host, path).map(RouteEntry::name).orElse("none");
    }

    @ParameterizedTest
    @CsvSource({
        "a.example.com, a.example.com",
        "b.example.com, *.example.com",
        "x.b.example.com, *",
        "example.com, *",
        "192.0.2.1, *",
        "localhost, *",
    })
    void prefersExactThenWildcardThenDefault(String host, String expected) {
        RouteTable table = table("*", "*.example.com", "a.example.com");
        assertThat(find(table, host, "/")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "/, a.test",
        "/api, a.test/api",
        "/api/, a.test/api",
        "/api/v1/x, a.test/api/v1",
        "/api/v12, a.test/api",
        "/apis, a.test",
        "/API, a.test",
        "*, a.test",
    })
    void prefersLongestPrefixOnSegmentBorder(String path, String expected) {
        assertThat(find(table("a.test/api", "a.test", "a.test/api/v1"), "a.test", path))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "a.example.com, false, false",
        "b.example.com, true, true",
        "x.b.example.com, false, true",
        "example.com, false, true",
    })
    void tellsWhichHostsNoRouteNames(String host, boolean byWildcard, boolean byDefault) {
        assertThat(table("*.example.com", "a.example.com").servesByPattern(host))
                .isEqualTo(byWildcard);
        assertThat(table("*", "*.example.com", "a.example.com").servesByPattern(host))
                .isEqualTo(byDefault);
    }

    @Test
    void neverFallsThroughToLessSpecificHost() {
        assertThat(find(table("a.test/api", "*"), "a.test", "/")).isEqualTo("none");
    }

    @Test
    void findsNothingWithoutDefault() {
        assertThat(find(table("a.test"), "b.test", "/")).isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/public/../admin",
                "/public/..;/admin",
                "/public/%2e%2e/admin",
                "/public/.%2E/admin",
                "/public/./x",
                "/%61dmin/x",
                "/admin;x/y",
                "/admi%6e",
                "//admin",
                "/public//admin",
                "/public%2f..%2fadmin",
                "/public\\..\\admin",
                "/public%5c..%5cadmin",
                "/public/;a=b/x",
                "/..",
                "/x/%2e"
            })
    void refusesPathsThatMayBecomeAnotherRoutes(String path) {
        RouteTable table = table("a.test", "a.test/admin");
        assertThatThrownBy(() -> table.find("a.test", path))
                .isInstanceOf(Refusal.class)
                .hasMessage("ambiguous path");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/x%20y", "/a;b=c/d", "/x/.well-known/y", "/...", "/a/..b", "/%41nnounce"})
    void passesUnambiguousPaths(String path) {
        assertThat(find(table("a.test", "a.test/admin"), "a.test", path)).isEqualTo("a.test");
    }

    @Test
    void passesEveryPathOfHostWithoutPathRoutes() {
        assertThat(find(table("a.test", "b.test/x"), "a.test", "/x/../%2e%2e//\\;"))
                .isEqualTo("a.test");
    }

    @Test
    void refusesSameRouteTwice() {
        assertThatThrownBy(() -> table("a.test/x", "a.test/x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("route: \"a.test/x\" (expected: each route once)");
    }

    @Test
    void holdsManyRoutes() {
        List<RouteEntry> routes = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            routes.add(route("h" + i + ".example.com"));
        }
        assertThat(find(RouteTable.of(routes), "h99999.example.com", "/")).isEqualTo("h99999.example.com");
    }
}
