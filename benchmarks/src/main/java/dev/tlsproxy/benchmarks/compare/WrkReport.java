package dev.tlsproxy.benchmarks.compare;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What wrk printed.
 *
 * @param requests answered
 * @param errors of sockets, time-outs and answers that are no 2xx or 3xx
 * @param p99Millis the 99th percentile; NaN without {@code --latency}
 */
record WrkReport(long requests, long errors, double p99Millis) {

    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in ");
    private static final Pattern SOCKET_ERRORS =
            Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern BAD_ANSWERS = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final Pattern P99 = Pattern.compile("99%\\s+([\\d.]+)(us|ms|s)");

    static WrkReport parse(String output) {
        Matcher requests = REQUESTS.matcher(output);
        if (!requests.find()) {
            throw new IllegalArgumentException("not a report of wrk: " + output);
        }
        long errors = 0;
        Matcher socketErrors = SOCKET_ERRORS.matcher(output);
        if (socketErrors.find()) {
            for (int i = 1; i <= 4; i++) {
                errors += Long.parseLong(socketErrors.group(i));
            }
        }
        Matcher badAnswers = BAD_ANSWERS.matcher(output);
        if (badAnswers.find()) {
            errors += Long.parseLong(badAnswers.group(1));
        }
        Matcher p99 = P99.matcher(output);
        double millis = p99.find() ? Double.parseDouble(p99.group(1)) * millisIn(p99.group(2)) : Double.NaN;
        return new WrkReport(Long.parseLong(requests.group(1)), errors, millis);
    }

    private static double millisIn(String unit) {
        return switch (unit) {
            case "us" -> 0.001;
            case "ms" -> 1;
            default -> 1000;
        };
    }
}
