package dev.tlsproxy.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrackerUpstreamTest {

    private static final String HASH = escaped(0);

    private final TestClock clock = new TestClock();
    private final DemoUpstreams upstreams = DemoUpstreams.start(clock);
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        upstreams.close();
    }

    @Test
    void remembersPeersOfATorrentAndLeavesOutTheOneThatAsks() throws Exception {
        assertThat(announce(HASH, "a", 1, "203.0.113.1", "&left=0"))
                .isEqualTo("d8:completei1e10:incompletei0e8:intervali120e12:min intervali60e5:peers0:e");
        assertThat(announce(HASH, "b", 0x1ae1, "203.0.113.2", "&left=9"))
                .isEqualTo("d8:completei1e10:incompletei1e8:intervali120e12:min intervali60e"
                        + "5:peers6:\u00cb\u0000\u0071\u0001\u0000\u0001e");
        assertThat(announce(HASH, "a", 1, "203.0.113.1", "&left=0"))
                .endsWith("5:peers6:\u00cb\u0000\u0071\u0002\u001a\u00e1e");
    }

    @Test
    void keepsTorrentsApartForEveryByteOfAnInfoHash() throws Exception {
        for (int first = 0; first < 256; first += 20) {
            announce(escaped(first), "a", 1, "203.0.113.1", "&left=0");
            assertThat(get("/scrape?info_hash=" + escaped(first)))
                    .isEqualTo("d5:filesd20:" + raw(first) + "d8:completei1e10:downloadedi0e10:incompletei0eeee");
        }
    }

    @Test
    void readsEveryByteWhetherEscapedInUpperOrLowerCaseOrPlain() throws Exception {
        announce("%aB%7E~+-._AAAAAAAAAAAAA", "a", 1, "203.0.113.1", "&left=0");
        assertThat(get("/scrape?info_hash=%AB%7e%7E%2B%2D%2E%5FAAAAAAAAAAAAA")).contains("completei1e");
    }

    @Test
    void listsPeersAsDictionariesForAClientThatWantsNoBytes() throws Exception {
        announce(HASH, "a", 6881, "2001:db8::1", "&left=0");
        assertThat(announce(HASH, "b", 2, "203.0.113.2", "&compact=0"))
                .endsWith("5:peersld2:ip20:2001:db8:0:0:0:0:0:17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881eeee");
    }

    @Test
    void givesIpv6PeersAFieldOfTheirOwn() throws Exception {
        announce(HASH, "a", 6881, "2001:db8::1", "&left=0");
        assertThat(announce(HASH, "b", 2, "203.0.113.2", ""))
                .endsWith("5:peers0:6:peers618:\u0020\u0001\r\u00b8" + "\u0000".repeat(11) + "\u0001\u001a\u00e1e");
    }

    @Test
    void forgetsPeersThatStopAndPeersThatAreSilent() throws Exception {
        announce(HASH, "a", 1, "203.0.113.1", "&left=0");
        announce(HASH, "b", 2, "203.0.113.2", "&left=0");
        announce(HASH, "a", 1, "203.0.113.1", "&left=0&event=stopped");
        assertThat(get("/scrape?info_hash=" + HASH)).contains("completei1e");
        clock.advance(Duration.ofMinutes(6));
        assertThat(get("/scrape?info_hash=" + HASH)).contains("completei0e");
    }

    @Test
    void countsACompletedDownloadOnce() throws Exception {
        announce(HASH, "a", 1, "203.0.113.1", "&left=5");
        announce(HASH, "a", 1, "203.0.113.1", "&left=0&event=completed");
        announce(HASH, "a", 1, "203.0.113.1", "&left=0&event=completed");
        assertThat(get("/scrape?info_hash=" + HASH)).contains("10:downloadedi1e");
    }

    @Test
    void scrapesSeveralTorrentsInTheOrderOfTheirBytes() throws Exception {
        assertThat(get("/scrape?info_hash=" + escaped(20) + "&info_hash=" + HASH))
                .isEqualTo("d5:filesd20:" + raw(0) + "d8:completei0e10:downloadedi0e10:incompletei0ee20:" + raw(20)
                        + "d8:completei0e10:downloadedi0e10:incompletei0eeee");
    }

    @Test
    void takesKeysInThePath() throws Exception {
        assertThat(get("/announce/secret?info_hash=" + HASH + "&peer_id=-XX0001-abcdefghijkl&port=1"))
                .contains("8:interval");
        assertThat(get("/scrape/secret?info_hash=" + HASH)).startsWith("d5:files");
    }

    @Test
    void takesTheRightMostValidAddressOfAllForwardedForLines() throws Exception {
        announce(HASH, "a", 1, "203.0.113.1, 198.51.100.7 , nonsense", "&left=0");
        assertThat(announce(HASH, "b", 2, "203.0.113.2", "&compact=0")).contains("2:ip12:198.51.100.7");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/announce | missing param info_hash",
                "/announce?info_hash=abc | info_hash has 3 bytes (expected: 20)",
                "/announce?info_hash | malformed query: a part without exactly one \"=\"",
                "/announce?port=1& | malformed query: a part without exactly one \"=\"",
                "/announce?info_hash=AAAAAAAAAAAAAAAAAAAA | missing param peer_id",
                "/announce?info_hash=AAAAAAAAAAAAAAAAAAAA&peer_id=x | peer_id has 1 bytes (expected: 20)",
                "/announce?info_hash=AAAAAAAAAAAAAAAAAAAA&peer_id=AAAAAAAAAAAAAAAAAAAA | missing param port",
                "/announce?info_hash=AAAAAAAAAAAAAAAAAAAA&peer_id=AAAAAAAAAAAAAAAAAAAA&port=70000"
                        + "| invalid param port (expected: 0..65535)",
                "/scrape | missing param info_hash",
            })
    void saysWhyItRefusesInBencodeWithStatus200(String target, String reason) throws Exception {
        assertThat(get(target)).isEqualTo("d14:failure reason" + reason.length() + ":" + reason + "e");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=%", "a=%4", "a=%4g", "a=%g4", "a=%%41"})
    void refusesDamagedEscapes(String query) {
        assertThatThrownBy(() -> RawQuery.parse(query))
                .isInstanceOf(Refusal.class)
                .hasMessage("malformed query: \"%\" without two hexadecimal digits");
    }

    @Test
    void refusesAnAnnounceThatNamesNoClient() throws Exception {
        HttpRequest request = request("/announce?info_hash=" + HASH + "&peer_id=-XX0001-abcdefghijkl&port=1")
                .build();
        String reason = "missing or invalid the right most X-Forwarded-For IP";
        assertThat(text(request)).isEqualTo("d14:failure reason" + reason.length() + ":" + reason + "e");
    }

    @Test
    void answersItsHealthCheckAndNothingElse() throws Exception {
        assertThat(get("/health_check")).isEqualTo("{\"status\":\"Ok\"}");
        assertThat(client.send(request("/announces").build(), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(404);
        HttpRequest post =
                request("/announce").POST(HttpRequest.BodyPublishers.noBody()).build();
        assertThat(client.send(post, BodyHandlers.discarding()).statusCode()).isEqualTo(405);
    }

    private String announce(String hash, String peer, int port, String client, String more) throws Exception {
        return text(request("/announce?info_hash=" + hash + "&peer_id=" + peer.repeat(20) + "&port=" + port + more)
                .header("X-Forwarded-For", client)
                .build());
    }

    private String get(String target) throws Exception {
        return text(request(target).header("X-Forwarded-For", "192.0.2.1").build());
    }

    private HttpRequest.Builder request(String target) {
        return HttpRequest.newBuilder(URI.create(upstreams.tracker() + target));
    }

    private String text(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).isEqualTo(200);
        return new String(response.body(), StandardCharsets.ISO_8859_1);
    }

    private static String escaped(int first) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            escaped.append(String.format("%%%02X", (first + i) & 0xff));
        }
        return escaped.toString();
    }

    private static String raw(int first) {
        StringBuilder raw = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            raw.append((char) ((first + i) & 0xff));
        }
        return raw.toString();
    }
}
