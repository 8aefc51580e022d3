package dev.tlsproxy.benchmarks.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Shows what was compared: versions, and what the proxies and the loads really negotiate. */
final class Proof {

    private static final Pattern GROUP = Pattern.compile("Negotiated TLS1.3 group: (\\S+)|Peer Temp Key: ([^,\\s]+)");
    private static final Pattern SUITE = Pattern.compile("New, (\\S+), Cipher is (\\S+)");

    private Proof() {}

    static String versions(Peers peers) {
        String commands = "openssl version | cut -d' ' -f1,2; nginx -v 2>&1; haproxy -v | head -1 | cut -d' ' -f1-3;"
                + " echo Caddy $(caddy version); wrk -v | head -1 | cut -d' ' -f1,2; h2load --version;"
                + " curl --version | head -1 | cut -d' ' -f1,2";
        return String.join(
                "; ", peers.run(List.of("sh", "-c", commands), Map.of()).split("\n"));
    }

    /** What OpenSSL's client negotiates with a proxy: group, version, suite. */
    static String negotiated(Scene scene, RunningProxy proxy) {
        String address = Scene.HOST + ":" + proxy.port();
        String output = scene.peers()
                .run(List.of("openssl", "s_client", "-connect", address, "-servername", Scene.HOST), Map.of());
        Matcher group = GROUP.matcher(output);
        Matcher suite = SUITE.matcher(output);
        if (!group.find() || !suite.find()) {
            throw new IllegalStateException("no handshake: " + output);
        }
        return (group.group(1) != null ? group.group(1) : group.group(2)) + " " + suite.group(1) + " " + suite.group(2);
    }

    /** What a load negotiates, from the log of an nginx: how many requests by group, resumption and protocol. */
    static Map<String, Integer> negotiated(Scene scene, Load load) {
        Path log = scene.peers().work().resolve(Nginx.GROUP_LOG);
        Map<String, Integer> counts = new TreeMap<>();
        try {
            Files.deleteIfExists(log);
            try (RunningProxy nginx = Nginx.withLog().start(scene)) {
                load.run(scene.peers(), nginx.port(), 1);
            }
            for (String line : Files.readAllLines(log)) {
                // nginx writes a group that it has no name for as the number it has in TLS
                counts.merge(line.replace("0x11ec", "X25519MLKEM768"), 1, Integer::sum);
            }
            return counts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
