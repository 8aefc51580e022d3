package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class TrustExampleIT {

    @Test
    void callsAnUpstreamThroughTheProxy() throws Exception {
        HttpServer upstream = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        upstream.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        upstream.start();
        try {
            String uri = "http://127.0.0.1:" + upstream.getAddress().getPort();
            assertThat(TrustExample.call(uri).statusCode()).isEqualTo(204);
        } finally {
            upstream.stop(0);
        }
    }
}
