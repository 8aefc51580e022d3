package dev.tlsproxy.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The outputs are wrk 4.1.0's and h2load 1.64.0's own. */
class LoadReportsTest {

    private static final String WRK = """
            Running 2s test @ https://bench.test:18443/
              1 threads and 10 connections
              Thread Stats   Avg      Stdev     Max   +/- Stdev
                Latency     4.19ms    3.00ms  13.10ms   59.17%%
                Req/Sec   787.80     45.80     0.87k    65.00%%
              Latency Distribution
                 50%%    3.46ms
                 75%%    6.57ms
                 90%%    8.52ms
                 99%%   %s
              1587 requests in 2.02s, 223.17KB read
            %sRequests/sec:    784.75
            Transfer/sec:    110.36KB
            """;

    private static final String H2LOAD = """
            starting benchmark...
            TLS Protocol: TLSv1.3
            Cipher: TLS_AES_128_GCM_SHA256
            Server Temp Key: X25519 253 bits
            Application protocol: h2

            finished in 517.08ms, 19339.29 req/s, 1.26MB/s
            requests: 20000 total, 10047 started, 10047 done, 10000 succeeded, 10000 failed, 10000 errored, 0 timeout
            status codes: 10000 2xx, 0 3xx, 0 4xx, 0 5xx
            """;

    @ParameterizedTest
    @CsvSource({"11.30ms, 11.3", "930.00us, 0.93", "1.21s, 1210"})
    void readsRequestsAndPercentileOfWrk(String printed, double millis) {
        WrkReport report = WrkReport.parse(WRK.formatted(printed, ""));
        assertThat(report.requests()).isEqualTo(1587);
        assertThat(report.errors()).isZero();
        assertThat(report.p99Millis()).isEqualTo(millis, within(1e-9));
    }

    @Test
    void addsWrksErrors() {
        String errors = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\n";
        assertThat(WrkReport.parse(WRK.formatted("1.00ms", errors)).errors()).isEqualTo(15);
    }

    @Test
    void hasNoPercentileWithoutLatency() {
        assertThat(WrkReport.parse("  12 requests in 1.00s, 1.7KB read\n")).isEqualTo(new WrkReport(12, 0, Double.NaN));
    }

    @Test
    void readsSucceededAndFailedOfH2load() {
        assertThat(H2loadReport.parse(H2LOAD)).isEqualTo(new H2loadReport(10_000, 10_000));
    }

    @Test
    void refusesWhatIsNoReport() {
        assertThatThrownBy(() -> WrkReport.parse("unable to connect"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a report of wrk: unable to connect");
        assertThatThrownBy(() -> H2loadReport.parse(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a report of h2load: ");
    }
}
