package dev.tlsproxy.tests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.tests.peer.Peer;
import dev.tlsproxy.tests.peer.PeerProcess;
import dev.tlsproxy.tests.peer.Ports;
import dev.tlsproxy.tests.peer.RealPeer;
import dev.tlsproxy.tests.peer.RequiresPeer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Experiment 3: aria2 announces over HTTPS through the proxy to opentracker, finds a peer and downloads from it. DHT, LPD
 * and PEX are off and the torrent is private, so the tracker is the only way to the peer.
 */
@RequiresPeer({Peer.ARIA2, Peer.OPENTRACKER, Peer.CURL})
class BitTorrentIT {

    private static final Duration START = Duration.ofSeconds(20);
    private static final Duration TRANSFER = Duration.ofSeconds(60);
    private static final String HOST = "tracker.example.test";

    @RegisterExtension
    final Workbench bench = new Workbench();

    @Test
    void clientFindsAPeerAtTheTrackerAndDownloadsFromIt() throws IOException {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        int trackerPort = Ports.free();
        RecordedEvents events = new RecordedEvents();
        TlsProxy proxy = bench.start(TlsProxy.builder()
                .route(HOST, "http://127.0.0.1:" + trackerPort)
                .events(events));
        Torrent torrent = Torrent.of(proxy.uri(HOST) + "/announce", "shared.bin", content);
        startTracker(trackerPort, torrent);
        RawUpstream names = bench.closing(connectProxy());
        Curl curl = new Curl(bench, proxy);

        Path seeding = aria2Directory(proxy, torrent);
        Files.write(seeding.resolve("shared.bin"), content);
        PeerProcess seeder = startAria2(seeding, names, "--check-integrity=true", "--seed-ratio=0.0");
        Awaitility.await("seeder at the tracker")
                .pollInterval(Duration.ofMillis(200))
                .atMost(START)
                .untilAsserted(() -> assertThat(scrape(curl, torrent))
                        .as("the proxy tells " + events.failedHandshakes + ", aria2 " + seeder.output())
                        .contains("8:completei1e"));
        Path downloading = aria2Directory(proxy, torrent);
        PeerProcess leecher = startAria2(downloading, names, "--seed-time=0", "--log=" + downloading + "/log");
        Awaitility.await("download")
                .atMost(TRANSFER)
                .untilAsserted(() -> assertThat(leecher.isAlive())
                        .as("the proxy tells " + events.exchanges + events.failedHandshakes + ", the tracker "
                                + scrape(curl, torrent) + ", the log of aria2 "
                                + Files.readString(downloading.resolve("log")))
                        .isFalse());

        assertThat(leecher.awaitEnd(START).exit()).as(leecher.output()).isZero();
        assertThat(Files.readAllBytes(downloading.resolve("shared.bin"))).isEqualTo(content);
        assertThat(seeder.output()).doesNotContainIgnoringCase("error");
        assertThat(events.exchanges)
                .filteredOn(exchange -> exchange.target().startsWith("/announce?"))
                .hasSizeGreaterThanOrEqualTo(2)
                .allSatisfy(exchange -> assertThat(exchange.status()).isEqualTo(200));
    }

    private String scrape(Curl curl, Torrent torrent) {
        Curl.Response response = curl.get(HOST, "/scrape?info_hash=" + torrent.infoHashEscaped());
        assertThat(response.status()).isEqualTo(200);
        try {
            return new String(Files.readAllBytes(response.bodyFile()), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Debian builds opentracker with a whitelist. As root it changes root to its directory and becomes nobody. */
    private void startTracker(int port, Torrent torrent) throws IOException {
        RealPeer opentracker = RealPeer.of(Peer.OPENTRACKER);
        Path directory = bench.directory(opentracker, "opentracker");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("whitelist"), torrent.infoHashHex() + "\n");
        Path conf = Files.writeString(
                directory.resolve("opentracker.conf"),
                "listen.tcp_udp 127.0.0.1:" + port + "\naccess.whitelist whitelist\ntracker.rootdir "
                        + opentracker.seen(directory) + "\n");
        bench.closing(opentracker.start(directory, List.of("-f", opentracker.seen(conf))))
                .awaitReady(START, () -> Ports.accepts(port));
    }

    /**
     * Takes every CONNECT to the loopback address: so a name that no resolver knows is reached without touching the
     * machine, and TLS is still between aria2 and the proxy under test.
     */
    private static RawUpstream connectProxy() {
        return new RawUpstream((head, in, out) -> {
            String port = head.replaceAll("(?s)CONNECT [^:]+:(\\d+) .*", "$1");
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port))) {
                out.write(RawUpstream.latin1("HTTP/1.1 200 OK\r\n\r\n"));
                out.flush();
                // a thread each: on two processors the common pool has one, which one tunnel would keep
                Thread back = new Thread(() -> pass(socket, out), "tunnel");
                back.setDaemon(true);
                back.start();
                in.transferTo(socket.getOutputStream());
                return false;
            }
        });
    }

    private static void pass(Socket from, OutputStream to) {
        try {
            from.getInputStream().transferTo(to);
        } catch (IOException e) {
            // the other direction ended the connection
        }
    }

    private Path aria2Directory(TlsProxy proxy, Torrent torrent) throws IOException {
        Path directory = bench.directory(RealPeer.of(Peer.ARIA2), "aria2");
        Workbench.caFile(proxy, directory);
        Files.write(directory.resolve("shared.torrent"), torrent.metainfo());
        return directory;
    }

    private PeerProcess startAria2(Path directory, RawUpstream names, String... more) {
        RealPeer aria2 = RealPeer.of(Peer.ARIA2);
        String seen = aria2.seen(directory);
        List<String> arguments = new ArrayList<>(List.of(
                "--no-conf=true",
                "--https-proxy=" + names.uri(),
                "--disable-ipv6=true",
                "--check-certificate=true",
                "--ca-certificate=" + seen + "/ca.pem",
                "--dir=" + seen,
                "--listen-port=" + Ports.free(),
                "--enable-dht=false",
                "--enable-dht6=false",
                "--bt-enable-lpd=false",
                "--enable-peer-exchange=false",
                "--summary-interval=0",
                "--console-log-level=notice"));
        arguments.addAll(List.of(more));
        arguments.add(seen + "/shared.torrent");
        return bench.closing(aria2.start(directory, arguments));
    }
}
