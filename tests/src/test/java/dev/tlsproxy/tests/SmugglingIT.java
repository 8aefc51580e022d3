package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.Route;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Malformed and odd requests through the proxy to upstreams that each read them in their own way: none of them sees two
 * requests where the client sent one, and the requests of others, on the same upstream connections, get their own answers.
 */
class SmugglingIT {

    private static final int CLIENTS = 8;
    private static final int QUIET_MILLIS = 150;
    private static final Pattern EXPECTED = Pattern.compile("\\S+ (\\S*/case-\\d+\\S*|/honest-\\d+|\\*) HTTP/1\\.[01]");

    @RegisterExtension
    final Workbench bench = new Workbench();

    @Test
    @RequiresPeer(Peer.NGINX)
    void nginxSeesOneRequestOrNone() throws Exception {
        sendAll(LoggingUpstream.nginx(bench));
    }

    @Test
    @RequiresPeer(Peer.APACHE)
    void apacheSeesOneRequestOrNone() throws Exception {
        sendAll(LoggingUpstream.apache(bench));
    }

    @Test
    @RequiresPeer(Peer.NODE)
    void nodeSeesOneRequestOrNone() throws Exception {
        sendAll(LoggingUpstream.node(bench));
    }

    private void sendAll(LoggingUpstream upstream) throws Exception {
        TlsProxy proxy = bench.start(
                TlsProxy.builder().route(Route.of(SmugglingCases.HOST).to(upstream.uri())));
        HttpClient honest =
                HttpClient.newBuilder().sslContext(proxy.trustedSslContext()).build();
        List<String> cases = SmugglingCases.all();
        assertThat(cases).hasSizeGreaterThan(700);

        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Callable<String>> tasks = new ArrayList<>();
            for (int i = 0; i < cases.size(); i++) {
                int id = i;
                tasks.add(() -> sendOne(proxy, honest, id, cases.get(id)));
            }
            List<String> answers = new ArrayList<>();
            for (Future<String> answer : clients.invokeAll(tasks)) {
                answers.add(answer.get());
            }
            // a proxy that refused everything would pass as well
            assertThat(answers)
                    .filteredOn(answer -> answer.matches("(?s)HTTP/1.1 (200|404) .*"))
                    .hasSizeGreaterThan(50);
            assertThat(answers)
                    .filteredOn(answer -> answer.startsWith("HTTP/1.1 400 "))
                    .hasSizeGreaterThan(300);
        } finally {
            clients.shutdownNow();
        }
        assertOneRequestOrNone(upstream.requestLines(), cases);
    }

    private static void assertOneRequestOrNone(List<String> lines, List<String> cases) {
        assertThat(lines).allMatch(line -> EXPECTED.matcher(line).matches());
        Map<String, Long> counts = lines.stream()
                .filter(line -> line.contains("/case-"))
                .collect(Collectors.groupingBy(
                        line -> line.replaceAll(".*/(case-\\d+).*", "$1"), Collectors.counting()));
        assertThat(counts).hasSizeGreaterThan(50);
        assertThat(counts.entrySet())
                .filteredOn(entry -> entry.getValue() > 1)
                .extracting(entry ->
                        entry + " " + cases.get(Integer.parseInt(entry.getKey().substring(5))))
                .isEmpty();
    }

    /** The odd request on a connection of its own, then an honest one that may share its upstream connection. */
    private static String sendOne(TlsProxy proxy, HttpClient honest, int id, String request) throws Exception {
        String answer = exchange(proxy, request.replace("case-ID", "case-" + id));
        String target = "/honest-" + id;
        HttpResponse<String> response = honest.send(
                HttpRequest.newBuilder(URI.create(proxy.uri(SmugglingCases.HOST) + target))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.body()).as("after case %d: %s", id, request).isEqualTo(target);
        return answer;
    }

    /** What comes back until the connection ends or says nothing for a while. */
    private static String exchange(TlsProxy proxy, String request) throws IOException {
        int port = Workbench.port(proxy);
        Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
        try (SSLSocket socket = (SSLSocket)
                proxy.trustedSslContext().getSocketFactory().createSocket(plain, SmugglingCases.HOST, port, true)) {
            socket.startHandshake();
            socket.getOutputStream().write(bytes(request));
            socket.getOutputStream().flush();
            return read(socket);
        }
    }

    private static String read(SSLSocket socket) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        byte[] buffer = new byte[8192];
        socket.setSoTimeout(QUIET_MILLIS);
        try {
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                all.write(buffer, 0, read);
            }
        } catch (SocketTimeoutException e) {
            // the proxy waits for more of the request, or for another
        } catch (IOException e) {
            // reset behind the answer, as the rest of the request was not read
        }
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    /** One byte for a char, but UTF-8 for those that have none. */
    private static byte[] bytes(String text) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        text.chars()
                .forEach(each -> all.writeBytes(Character.toString(each)
                        .getBytes(each < 256 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8)));
        return all.toByteArray();
    }
}
