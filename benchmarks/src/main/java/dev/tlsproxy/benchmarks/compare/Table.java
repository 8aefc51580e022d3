package dev.tlsproxy.benchmarks.compare;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes the result as Markdown, a row as soon as it is there. */
final class Table {

    private static final String REFERENCE = "nginx";

    private Table() {}

    static String head(List<Contender> contenders) {
        return "| unit of work | "
                + contenders.stream().map(Contender::name).collect(Collectors.joining(" | "))
                + " |\n|---|"
                + "---|".repeat(contenders.size());
    }

    /** A row: each value, and behind it the ratio to nginx in the same round. */
    static String line(Row row, List<Contender> contenders, Figures figures) {
        return contenders.stream()
                .map(contender -> cell(contender.name(), figures))
                .collect(Collectors.joining(" | ", "| " + row.title() + " | ", " |"));
    }

    private static String cell(String name, Figures figures) {
        if (!figures.has(name)) {
            return "–";
        }
        String value = number(figures.median(name));
        if (name.equals(REFERENCE) || !figures.has(REFERENCE)) {
            return value;
        }
        return value + " (**" + String.format(Locale.ROOT, "%.2f", figures.medianRatio(name, REFERENCE)) + "**)";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%.0f", value);
    }
}
