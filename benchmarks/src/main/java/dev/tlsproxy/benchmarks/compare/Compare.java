package dev.tlsproxy.benchmarks.compare;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** {@code benchmarks/compare}: the whole proxy beside nginx, HAProxy and Caddy. */
final class Compare {

    private static final long BODY_BYTES = 100_000_000;

    private static final String MAKE_CERTIFICATE =
            "cd /bench && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650"
                    + " -subj /CN=bench.test -addext subjectAltName=DNS:bench.test,DNS:*.bench.test"
                    + " -keyout key.pem -out cert.pem && cat cert.pem key.pem >both.pem";

    private Compare() {}

    public static void main(String[] arguments) throws IOException {
        if (Arrays.asList(arguments).contains("--help")) {
            say(Options.USAGE);
            return;
        }
        // a run that is broken off leaves no proxy behind
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroy), "clean-up"));
        try {
            run(Options.parse(arguments));
        } catch (IllegalArgumentException e) {
            say(String.valueOf(e.getMessage()));
            System.exit(2);
        }
    }

    private static void run(Options options) throws IOException {
        Peers peers = new Peers(options.peers);
        List<Row> rows = Rows.named(options.rows);
        List<Contender> contenders = Contenders.of(options);
        prepareFiles(peers);
        try (RunningProxy upstream = Nginx.upstream(peers);
                JavaUpstream javaUpstream = new JavaUpstream()) {
            Scene scene = new Scene(peers, upstream.port(), javaUpstream.port());
            Bench bench = new Bench(scene, contenders, options.warmUpSeconds, options.seconds, options.rounds);
            say(Proof.versions(peers) + "\n");
            prove(bench);
            say(Table.head(contenders));
            for (Row row : rows) {
                say(Table.line(row, contenders, row.measure(bench)));
            }
        }
    }

    private static void prepareFiles(Peers peers) throws IOException {
        Files.createDirectories(peers.work().resolve("www"));
        Path body = peers.work().resolve("www/100m");
        if (!Files.exists(body)) {
            try (RandomAccessFile file = new RandomAccessFile(body.toFile(), "rw")) {
                file.setLength(BODY_BYTES);
            }
        }
        peers.run(List.of("sh", "-c", MAKE_CERTIFICATE), Map.of());
    }

    private static void prove(Bench bench) {
        Scene scene = bench.scene();
        for (Contender contender : bench.contenders()) {
            try (RunningProxy proxy = contender.start(scene)) {
                say(contender.name() + " with OpenSSL's client: " + Proof.negotiated(scene, proxy));
            }
        }
        say("wrk, new connections: " + Proof.negotiated(scene, Load.newConnections()));
        say("wrk, new connections without PQ: " + Proof.negotiated(scene, Load.newConnectionsClassic()));
        say("h2load: " + Proof.negotiated(scene, Load.http2()));
        say("");
    }

    private static void say(String text) {
        System.out.println(text);
    }
}
