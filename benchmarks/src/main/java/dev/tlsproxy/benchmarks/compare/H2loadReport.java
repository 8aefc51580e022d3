package dev.tlsproxy.benchmarks.compare;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What h2load printed.
 *
 * @param succeeded requests with an answer of 2xx or 3xx
 * @param failed all others that were started
 */
record H2loadReport(long succeeded, long failed) {

    private static final Pattern REQUESTS = Pattern.compile(
            "requests: \\d+ total, \\d+ started, \\d+ done, (\\d+) succeeded, (\\d+) failed, (\\d+) errored, (\\d+) timeout");

    static H2loadReport parse(String output) {
        Matcher matcher = REQUESTS.matcher(output);
        if (!matcher.find()) {
            throw new IllegalArgumentException("not a report of h2load: " + output);
        }
        return new H2loadReport(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
    }
}
