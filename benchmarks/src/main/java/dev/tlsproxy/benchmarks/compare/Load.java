package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Work for a proxy, by a tool of the Debian 13 root. */
@FunctionalInterface
interface Load {

    /**
     * Runs it.
     *
     * @param peers where the tool is
     * @param port of the proxy
     * @param seconds about how long
     * @return how many units of work the proxy did
     * @throws IllegalStateException when some failed
     */
    long run(Peers peers, int port, int seconds);

    /** An OpenSSL configuration whose clients offer X25519 alone, as those before 2025 do. */
    String CLASSIC_GROUPS = """
            openssl_conf = main
            [main]
            ssl_conf = ssl
            [ssl]
            system_default = groups
            [groups]
            Groups = X25519
            """;

    /** Connections that carry one request each, their handshake with OpenSSL's default groups: X25519MLKEM768 first. */
    static Load newConnections() {
        return wrk(16, Map.of(), "-H", "Connection: close");
    }

    /** The same with X25519 alone. */
    static Load newConnectionsClassic() {
        return (peers, port, seconds) -> {
            String file = peers.write("classic.cnf", CLASSIC_GROUPS);
            return wrk(16, Map.of("OPENSSL_CONF", file), "-H", "Connection: close")
                    .run(peers, port, seconds);
        };
    }

    /** Small requests over HTTP/1.1 connections that stay. */
    static Load keepAlive() {
        return wrk(32, Map.of());
    }

    private static Load wrk(int connections, Map<String, String> environment, String... options) {
        return (peers, port, seconds) -> {
            WrkReport report = WrkReport.parse(peers.run(wrkCommand(port, seconds, connections, options), environment));
            // those that were open when the time was over count as read errors in some runs
            if (report.errors() > connections) {
                throw new IllegalStateException("wrk: " + report + " (expected: hardly an error)");
            }
            return report.requests();
        };
    }

    static List<String> wrkCommand(int port, int seconds, int connections, String... options) {
        List<String> command =
                new ArrayList<>(List.of("wrk", "-t1", "-c" + connections, "-d" + seconds + "s", "--timeout", "20s"));
        command.addAll(List.of(options));
        command.add("https://" + Scene.HOST + ":" + port + "/");
        return command;
    }

    /** Small requests over 16 HTTP/2 connections, eight at a time on each. */
    static Load http2() {
        return (peers, port, seconds) -> h2load(peers, port, "-c16", "-m8", "-D" + seconds);
    }

    private static long h2load(Peers peers, int port, String... options) {
        List<String> command = new ArrayList<>(List.of("h2load", "--groups=X25519MLKEM768:X25519"));
        command.addAll(List.of(options));
        command.add("https://" + Scene.HOST + ":" + port + "/");
        H2loadReport report = H2loadReport.parse(peers.run(command, Map.of()));
        if (report.failed() > 0) {
            throw new IllegalStateException("h2load: " + report + " (expected: none failed)");
        }
        return report.succeeded();
    }

    /** Downloads of 100 MB, one after the other on one HTTP/1.1 connection. */
    static Load download() {
        return (peers, port, seconds) -> curl(peers, port, seconds, "/100m", "-o", "/dev/null");
    }

    /** Uploads of 100 MB. */
    static Load upload() {
        return (peers, port, seconds) ->
                curl(peers, port, seconds, "/java/sink", "-o", "/dev/null", "-T", Peers.INSIDE + "/www/100m");
    }

    /** How long a body takes is for the proxy to say, so here the seconds give a count: four bodies in each. */
    private static long curl(Peers peers, int port, int seconds, String path, String... options) {
        List<String> command = new ArrayList<>(List.of("curl", "-sSk", "--fail", "--http1.1"));
        int count = 4 * seconds;
        for (int i = 0; i < count; i++) {
            command.add("https://" + Scene.HOST + ":" + port + path);
            command.addAll(List.of(options));
        }
        peers.run(command, Map.of());
        return count;
    }
}
