package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** All rows, in the table's order. */
final class Rows {

    private static final List<Row> ALL = List.of(
            new CpuRow("new-pq", "new connection + request, X25519MLKEM768 (us CPU)", 1, Load.newConnections()),
            new CpuRow("new-classic", "new connection + request, X25519 (us CPU)", 1, Load.newConnectionsClassic()),
            new CpuRow("keep-alive", "keep-alive request, HTTP/1.1 (us CPU)", 1, Load.keepAlive()),
            new CpuRow("h2", "request, HTTP/2 (us CPU)", 1, Load.http2()),
            new CpuRow("download", "100 MB download (ms CPU)", 1000, Load.download()),
            new CpuRow("upload", "100 MB upload (ms CPU)", 1000, Load.upload()),
            new WebSocketRow(),
            new MemoryRow(
                    "idle-connection", "memory of an idle TLS connection (KB)", TlsClient::request, TlsClient::request),
            new MemoryRow(
                    "idle-tunnel", "memory of an idle tunnel (KB)", TlsClient::upgrade, TlsClient::roundTripNanos),
            new StartRow(),
            new FirstConnectionsRow(false),
            new FirstConnectionsRow(true),
            new StormRow(),
            new HostsRow(1_000),
            new HostsRow(100_000));

    private Rows() {}

    /**
     * Those asked for.
     *
     * @param keys of rows; empty for all
     */
    static List<Row> named(Set<String> keys) {
        List<Row> rows = new ArrayList<>(ALL);
        Set<String> known = ALL.stream().map(Row::key).collect(Collectors.toCollection(java.util.TreeSet::new));
        for (String key : keys) {
            if (!known.contains(key)) {
                throw new IllegalArgumentException("--only: \"" + key + "\" (expected: of " + known + ")");
            }
        }
        rows.removeIf(row -> !keys.isEmpty() && !keys.contains(row.key()));
        return rows;
    }
}
