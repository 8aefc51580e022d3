package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The rules that look at every request and response head. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class HeaderRulesBenchmark {

    private final InetAddress peer = InetAddress.getLoopbackAddress();
    private final ForwardingHeaders forwarding =
            new ForwardingHeaders(new ForwardedConfig(List.of(), false), () -> 443);
    private final RequestHead announce = new RequestHead(
            "GET",
            "/announce?info_hash=%01%23%45%67%89%ab%cd%ef%01%23%45%67%89%ab%cd%ef%01%23%45%67&port=6881&left=0&compact=1",
            Protocols.HTTP_1_1,
            fields("Host: tracker.bench.test", "User-Agent: Transmission/4.0", "Accept: */*", "Accept-Encoding: gzip"),
            true);
    private final RequestHead page = new RequestHead(
            "GET",
            "/d/abc/overview?orgId=1&from=now-6h&to=now",
            Protocols.HTTP_2_0,
            fields(
                    "Host: grafana.bench.test",
                    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                    "Accept-Language: en-US,en;q=0.5",
                    "Accept-Encoding: gzip, deflate, br, zstd",
                    "Cookie: grafana_session=0123456789abcdef0123456789abcdef",
                    "Sec-Fetch-Dest: document",
                    "Sec-Fetch-Mode: navigate",
                    "Sec-Fetch-Site: none",
                    "Priority: u=0, i"),
            true);

    /**
     * A tracker's client: four fields.
     *
     * @return the upstream request's fields
     */
    @Benchmark
    public HeaderMap announce() {
        return upstreamRequest(announce);
    }

    /**
     * A browser: ten fields.
     *
     * @return the upstream request's fields
     */
    @Benchmark
    public HeaderMap page() {
        return upstreamRequest(page);
    }

    /**
     * A response of six fields; the map is made in here, as the rules work in place.
     *
     * @return the client response's fields
     */
    @Benchmark
    public HeaderMap response() {
        HeaderMap fields = fields(
                "Content-Type: text/plain",
                "Content-Length: 200",
                "Date: Tue, 24 Nov 2026 00:00:00 GMT",
                "Connection: keep-alive",
                "Cache-Control: no-store",
                "Server: upstream");
        HopHeaders.response(fields, Protocols.HTTP_1_1, false);
        return fields;
    }

    private HeaderMap upstreamRequest(RequestHead head) {
        Authority authority = RequestRules.check(head, "");
        HeaderMap fields = HopHeaders.upstreamRequest(head, false);
        forwarding.apply(fields, peer, authority, "");
        return fields;
    }

    private static HeaderMap fields(String... lines) {
        HeaderMap fields = new HeaderMap();
        for (String line : lines) {
            int colon = line.indexOf(':');
            fields.add(new HttpString(line.substring(0, colon)), line.substring(colon + 2));
        }
        return fields;
    }
}
