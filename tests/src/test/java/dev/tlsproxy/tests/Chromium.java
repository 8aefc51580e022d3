package dev.tlsproxy.tests;

import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.RealPeer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * Headless Chromium with one page, driven by its own remote debugging protocol over a WebSocket. It trusts one more CA, as
 * a user would have it do: through the NSS database of its home directory; verification is on.
 */
final class Chromium implements WebSocket.Listener, AutoCloseable {

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration ANSWER = Duration.ofSeconds(20);

    /** Every message of the browser, as JSON text. */
    final List<String> messages = new CopyOnWriteArrayList<>();

    private final StringBuilder partial = new StringBuilder();
    private final AtomicInteger lastId = new AtomicInteger();
    private final WebSocket socket;
    private String session = "";

    private Chromium(String debuggerUri) {
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(debuggerUri), this)
                .join();
    }

    static Chromium start(Workbench bench, String name, Path ca) throws IOException {
        RealPeer chromium = RealPeer.of(Peer.CHROMIUM);
        Path home = bench.directory(chromium, "chromium");
        trust(home, ca);
        Path profile = home.resolve("profile");
        PeerProcess process = bench.closing(chromium.start(
                home,
                List.of(
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--no-proxy-server",
                        "--host-resolver-rules=MAP " + name + " 127.0.0.1",
                        "--user-data-dir=" + profile,
                        "--remote-debugging-port=0",
                        "about:blank"),
                Map.of(
                        "HOME",
                        home.toString(),
                        "XDG_CONFIG_HOME",
                        home.resolve("config").toString())));
        Path active = profile.resolve("DevToolsActivePort");
        process.awaitReady(START, () -> lines(active).size() >= 2);
        List<String> told = lines(active);
        Chromium browser = bench.closing(new Chromium("ws://127.0.0.1:" + told.get(0) + told.get(1)));
        browser.openPage();
        return browser;
    }

    /** Goes to a page and waits until its navigation is decided. */
    void navigate(URI uri) {
        String answer = ask("Page.navigate", "\"url\":\"" + uri + "\"");
        if (answer.contains("\"errorText\"")) {
            throw new IllegalStateException("Chromium can't open " + uri + ": " + answer);
        }
    }

    /** The page's title now. */
    String title() {
        return text(ask("Runtime.evaluate", "\"expression\":\"document.title\""), "value")
                .orElse("");
    }

    /** The first value of a text member with this name in a JSON text. */
    static Optional<String> text(String json, String member) {
        Matcher matcher = Pattern.compile("\"" + member + "\":\"([^\"]*)\"").matcher(json);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** The first message of one kind that has a member of this name. */
    String awaitMessage(String method, String member) {
        return await("\"method\":\"" + method + "\"", "\"" + member + "\":");
    }

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            messages.add(partial.toString());
            partial.setLength(0);
        }
        webSocket.request(1);
        return null;
    }

    @Override
    public void close() {
        socket.abort();
    }

    private void openPage() {
        String target = text(ask("Target.createTarget", "\"url\":\"about:blank\""), "targetId")
                .orElseThrow();
        session = text(ask("Target.attachToTarget", "\"flatten\":true,\"targetId\":\"" + target + "\""), "sessionId")
                .orElseThrow();
        for (String domain : List.of("Page", "Network", "Security", "Runtime")) {
            ask(domain + ".enable", "");
        }
    }

    private String ask(String method, String parameters) {
        int id = lastId.incrementAndGet();
        String addressed = session.isEmpty() ? "" : "\"sessionId\":\"" + session + "\",";
        socket.sendText(
                        "{\"id\":" + id + "," + addressed + "\"method\":\"" + method + "\",\"params\":{" + parameters
                                + "}}",
                        true)
                .join();
        return await("{\"id\":" + id + ",", "");
    }

    private String await(String part, String other) {
        return Awaitility.await("a message of Chromium with " + part + " and " + other)
                .pollInterval(Duration.ofMillis(20))
                .atMost(ANSWER)
                .until(
                        () -> messages.stream()
                                .filter(message -> message.contains(part) && message.contains(other))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static void trust(Path home, Path ca) throws IOException {
        RealPeer certutil = RealPeer.of(Peer.CERTUTIL);
        Path database = Files.createDirectories(home.resolve(".pki/nssdb"));
        String place = "sql:" + database;
        for (String[] arguments : List.of(
                new String[] {"-N", "-d", place, "--empty-password"},
                new String[] {"-A", "-d", place, "-n", "local CA", "-t", "C,,", "-i", ca.toString()})) {
            var result = certutil.run(home, ANSWER, arguments);
            if (result.exit() != 0) {
                throw new IllegalStateException("certutil: " + result.output());
            }
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }
}
