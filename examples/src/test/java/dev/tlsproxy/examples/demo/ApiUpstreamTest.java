package dev.tlsproxy.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ApiUpstreamTest {

    private final DemoUpstreams upstreams = DemoUpstreams.start(new TestClock());
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        upstreams.close();
    }

    @Test
    void saysThatItIsWell() throws Exception {
        HttpResponse<String> response = get(upstreams.api() + "/api/health_check");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.body()).isEqualTo("{\"status\":\"Ok\"}");
    }

    @Test
    void countsWhatTheTrackerDoes() throws Exception {
        String announce = "/announce?info_hash=%FFAAAAAAAAAAAAAAAAAAA&peer_id=-XX0001-abcdefghijkl&port=1&left=";
        get(upstreams.tracker() + announce + "7");
        get(upstreams.tracker() + announce + "0&event=completed");
        get(upstreams.tracker() + "/scrape?info_hash=%FFAAAAAAAAAAAAAAAAAAA");
        assertThat(get(upstreams.api() + "/api/v1/stats").body())
                .isEqualTo("{\"torrents\":1,\"seeders\":1,\"leechers\":0,\"completed\":1,"
                        + "\"announces_handled\":2,\"scrapes_handled\":1}");
    }

    @Test
    void hasNothingElse() throws Exception {
        assertThat(get(upstreams.api() + "/").statusCode()).isEqualTo(404);
    }

    private HttpResponse<String> get(String uri) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(uri))
                .header("X-Forwarded-For", "192.0.2.1")
                .build();
        return client.send(request, BodyHandlers.ofString());
    }
}
