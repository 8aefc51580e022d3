package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UpstreamResponseIT {

    private static final UpstreamPoolConfig DEFAULTS = UpstreamPoolConfig.defaults();
    private static final String UPGRADE =
            "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    @ParameterizedTest
    @CsvSource({
        "304 Not Modified, 1234, 1",
        "204 No Content, 1234, 2",
        "204 No Content, 0, 1",
        "205 Reset Content, 1234, 2",
        "205 Reset Content, 0, 1",
    })
    void doesNotWaitForABodyThatTheStatusForbids(String status, String length, int connections) throws Exception {
        ScriptedUpstream.Script script = connection -> {
            while (connection.readHead() != null) {
                connection.send("HTTP/1.1 " + status + "\r\nContent-Length: " + length + "\r\n\r\n");
            }
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> response = proxy.get("/");
                assertThat(response.statusCode()).isEqualTo(Integer.parseInt(status.substring(0, 3)));
                assertThat(response.headers().firstValue("X-Seen")).contains("yes");
            }
            assertThat(up.accepted).hasValue(connections);
        }
    }

    @Test
    void answersHead() throws Exception {
        ScriptedUpstream.Script script = connection -> {
            while (connection.readHead() != null) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
            }
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            for (int i = 0; i < 2; i++) {
                try (Socket client = proxy.raw("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) {
                    assertThat(text(client)).startsWith("HTTP/1.1 200 OK").contains("Content-Length: 1234");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                "no HTTP at all\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            })
    void answers502ToWhatIsNoResponseToTheRequest(String response) throws Exception {
        ScriptedUpstream.Script script = connection -> {
            connection.readHead();
            connection.send(response);
            connection.awaitEnd();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThat(proxy.get("/").statusCode()).isEqualTo(502);
            assertThat(proxy.failures).containsExactly(UpstreamFailure.BAD_RESPONSE);
            await().until(() -> up.ended.get() == 1);
        }
    }

    @Test
    void endsAResponseHeadThatNeverEnds() throws Exception {
        ScriptedUpstream.Script script = connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 200 OK\r\n");
            for (int i = 0; i < 100_000; i++) {
                connection.send("X-Field-" + i + ": 0123456789012345678901234567890123456789\r\n");
            }
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThat(proxy.get("/").statusCode()).isEqualTo(502);
            await().until(() -> up.ended.get() == 1);
        }
    }

    @Test
    void answers504WhenNoResponseComes() throws Exception {
        try (ScriptedUpstream up = new ScriptedUpstream(ScriptedUpstream.Connection::awaitEnd);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            proxy.responseHeadTimeout = Duration.ofMillis(200);
            assertThat(proxy.get("/").statusCode()).isEqualTo(504);
            assertThat(proxy.post("/", "body").statusCode()).isEqualTo(504);
            await().until(() -> up.ended.get() == 2);
            assertThat(proxy.failures)
                    .containsExactly(UpstreamFailure.RESPONSE_TIMEOUT, UpstreamFailure.RESPONSE_TIMEOUT);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nabc"})
    void showsTheClientThatAResponseWasCut(String rest) throws Exception {
        ScriptedUpstream.Script script = connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 200 OK\r\n" + rest);
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThatThrownBy(() -> {
                        HttpResponse<String> response = proxy.get("/");
                        if (response.statusCode() == 502) {
                            throw new IOException("told before the response began");
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0\r\n", "5;a="})
    void cutsAResponseWithEndlessTrailersOrChunkExtensions(String framing) throws Exception {
        ScriptedUpstream.Script script = connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n" + framing);
            for (int i = 0; i < 40; i++) {
                connection.send("x-" + i + ":" + "y".repeat(8000) + (framing.startsWith("0") ? "\r\n" : ""));
            }
            connection.awaitEnd();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            assertThatThrownBy(() -> proxy.get("/")).isInstanceOf(IOException.class);
            // the JDK's client asks again when nothing of the response had reached it
            await().until(() -> up.ended.get() == up.accepted.get());
        }
    }

    @Test
    void answers502WhenTheBodyEndsBeforeItsFirstByte() throws Exception {
        ScriptedUpstream.Script script = connection -> {
            connection.readHead();
            connection.socket.setTcpNoDelay(true);
            connection.out.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            connection.socket.shutdownOutput();
            connection.awaitEnd();
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            // either the end came together with the head, or the head was on its way to the client already
            try {
                assertThat(proxy.get("/").statusCode()).isEqualTo(502);
            } catch (IOException e) {
                assertThat(proxy.failures).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: foo\r\nContent-Length: 2",
                "200 OK\r\nUpgrade: h2,h2c\r\nContent-Length: 2",
                "401 Unauthorized\r\nContent-Length: 2"
            })
    void leaksNoSocketWhenAnUpgradeIsRefused(String head) throws Exception {
        ScriptedUpstream.Script script = connection -> {
            while (connection.readHead() != null) {
                connection.send("HTTP/1.1 " + head + "\r\n\r\nno");
            }
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri())) {
            for (int i = 0; i < 30; i++) {
                try (Socket client = proxy.raw(UPGRADE)) {
                    assertThat(readUntil(client, "\r\n\r\nno"))
                            .startsWith("HTTP/1.1 " + head.substring(0, 3))
                            .endsWith("no");
                }
            }
            await().until(() -> up.ended.get() == 30);
            assertThat(up.accepted).hasValue(30);
        }
    }

    @Test
    void relaysAnAnswerGivenBeforeTheUploadIsComplete() throws Exception {
        ScriptedUpstream.Script script = connection -> {
            connection.readHead();
            connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
        };
        try (ScriptedUpstream up = new ScriptedUpstream(script);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri());
                Socket client = proxy.raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nab")) {
            assertThat(readUntil(client, "big")).startsWith("HTTP/1.1 413").endsWith("big");
        }
    }

    @Test
    void passesBytesBothWaysAfterAnUpgrade() throws Exception {
        ScriptedUpstream.Script echo = connection -> {
            connection.readHead();
            connection.send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nEAGER");
            int b;
            while ((b = connection.in.read()) >= 0) {
                connection.out.write(b);
            }
            connection.send("BYE");
        };
        try (ScriptedUpstream up = new ScriptedUpstream(echo);
                PoolUnderTest proxy = new PoolUnderTest(DEFAULTS, up.uri());
                Socket client = proxy.raw(UPGRADE + "early")) {
            assertThat(readUntil(client, "early")).startsWith("HTTP/1.1 101").contains("EAGER");
            client.getOutputStream().write("later".getBytes(StandardCharsets.ISO_8859_1));
            assertThat(readUntil(client, "later")).isEqualTo("later");
            client.shutdownOutput();
            assertThat(readUntil(client, "BYE")).isEqualTo("BYE");
            await().until(() -> up.ended.get() == 1);
        }
    }

    @Test
    void tunnelHoldsNoPlaceOfTheLimit() throws Exception {
        ScriptedUpstream.Script switching = connection -> {
            connection.readHead();
            connection.send(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nEAGER");
            connection.awaitEnd();
        };
        UpstreamPoolConfig one =
                new UpstreamPoolConfig(Duration.ofSeconds(5), Duration.ofSeconds(3), 1, 1, Duration.ofSeconds(5));
        try (ScriptedUpstream up = new ScriptedUpstream(switching);
                PoolUnderTest proxy = new PoolUnderTest(one, up.uri());
                Socket first = proxy.raw(UPGRADE);
                Socket second = proxy.raw(UPGRADE)) {
            assertThat(readUntil(first, "EAGER")).startsWith("HTTP/1.1 101");
            assertThat(readUntil(second, "EAGER")).startsWith("HTTP/1.1 101");
        }
    }

    private static String text(Socket client) throws IOException {
        return new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    private static String readUntil(Socket client, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        int b;
        while (!text.toString().endsWith(end) && (b = client.getInputStream().read()) >= 0) {
            text.append((char) b);
        }
        return text.toString();
    }
}
