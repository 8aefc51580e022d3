package dev.tlsproxy;

import dev.tlsproxy.testing.RawUpstream;
import dev.tlsproxy.testing.StreamingUpstream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A program of its own for {@link SilenceIT}: a proxy's whole life, with what goes wrong on the Internet every minute. */
final class SilentProgram {

    private SilentProgram() {}

    public static void main(String[] arguments) throws Exception {
        try (RawUpstream good = RawUpstream.saying("hello");
                StreamingUpstream garbage = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, "SSH-2.0-x\r\n");
                    in.readAllBytes();
                });
                StreamingUpstream cut = new StreamingUpstream((head, in, out) ->
                        StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"));
                StreamingUpstream endless = new StreamingUpstream((head, in, out) -> {
                    StreamingUpstream.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n");
                    byte[] block = new byte[65536];
                    while (true) {
                        out.write(block);
                    }
                });
                LocalProxy local = LocalProxy.started(LocalProxy.builder()
                        .route(Route.of(LocalProxy.HOST).to(good.uri()).maxRequestBody(1_000_000))
                        .route(LocalProxy.HOST + "/garbage", garbage.uri())
                        .route(LocalProxy.HOST + "/cut", cut.uri())
                        .route(LocalProxy.HOST + "/endless", endless.uri())
                        .route(LocalProxy.HOST + "/refused", "http://127.0.0.1:1"))) {
            for (HttpClient.Version version : HttpClient.Version.values()) {
                HttpClient client = local.client(version);
                for (String path : new String[] {"/", "/garbage", "/cut", "/refused"}) {
                    try {
                        client.send(local.request(path).build(), BodyHandlers.ofString());
                    } catch (java.io.IOException e) {
                        // the cut response
                    }
                }
                client.send(
                        local.request("/")
                                .POST(BodyPublishers.ofByteArray(new byte[900_000]))
                                .build(),
                        BodyHandlers.ofString());
            }
            int port = local.proxy.addresses().https().getPort();
            for (String first : new String[] {"", "GET / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001", "\u0000\u0000"}) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.getOutputStream().write(first.getBytes(StandardCharsets.ISO_8859_1));
                    if (first.length() > 1 && first.charAt(0) != 22) {
                        socket.getInputStream().readAllBytes();
                    }
                } catch (java.io.IOException e) {
                    // refused, as it should be
                }
            }
            try {
                HttpClient.newHttpClient().send(local.request("/").build(), BodyHandlers.ofString());
            } catch (java.io.IOException e) {
                // does not trust the certificate
            }
            for (int i = 0; i < 5; i++) {
                local.ended.clear();
                try (RawTlsClient client = local.http1()) {
                    client.send("GET /endless HTTP/1.1\r\nHost: " + local.authority() + "\r\n\r\n");
                    client.readHead();
                    client.socket().setSoLinger(true, 0);
                }
                local.ended.poll(10, TimeUnit.SECONDS); // the proxy has seen the client leave
            }
            for (String head : new String[] {
                "nonsense\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: " + local.authority() + "\r\nX: " + "x".repeat(50_000) + "\r\n\r\n",
                "POST / HTTP/1.1\r\nHost: " + local.authority() + "\r\nContent-Length: x\r\n\r\n"
            }) {
                try (RawTlsClient client = local.http1()) {
                    client.send(head);
                    client.readToEnd();
                } catch (java.io.IOException e) {
                    // closed
                }
            }
        }
    }
}
