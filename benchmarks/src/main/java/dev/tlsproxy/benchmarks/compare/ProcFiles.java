package dev.tlsproxy.benchmarks.compare;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the two files of {@code /proc/PID} that the comparison stands on. */
final class ProcFiles {

    /** The kernel's unit in {@code stat}, fixed at 100 a second for user space on Linux. */
    static final long MICROS_A_TICK = 10_000;

    private static final Pattern PSS = Pattern.compile("(?m)^Pss:\\s+(\\d+) kB$");

    private ProcFiles() {}

    /**
     * User and system time from {@code /proc/PID/stat}.
     *
     * @param stat the one line
     * @return microseconds of CPU
     */
    static long cpuMicros(String stat) {
        // the second field is the command in parentheses, and may itself hold spaces and parentheses
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MICROS_A_TICK;
    }

    /**
     * Proportional set size from {@code /proc/PID/smaps_rollup}.
     *
     * @param rollup the whole file
     * @return kilobytes
     */
    static long pssKilobytes(String rollup) {
        Matcher matcher = PSS.matcher(rollup);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no Pss line in smaps_rollup: " + rollup);
        }
        return Long.parseLong(matcher.group(1));
    }
}
