package dev.tlsproxy.benchmarks.compare;

/** One line of the table. */
interface Row {

    /** For {@code --only}. */
    String key();

    /** What is measured, and in which unit. */
    String title();

    Figures measure(Bench bench);
}
