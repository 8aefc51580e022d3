package dev.tlsproxy.benchmarks.compare;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a row measured: for each contender one value a round. */
final class Figures {

    private final Map<String, List<Double>> values = new LinkedHashMap<>();

    void add(String contender, double value) {
        values.computeIfAbsent(contender, name -> new ArrayList<>()).add(value);
    }

    boolean has(String contender) {
        return values.containsKey(contender);
    }

    /** The middle one of a contender's values. */
    double median(String contender) {
        return medianOf(of(contender));
    }

    /** The middle one of the ratios that a contender had in each round: what slowed a whole round down divides out. */
    double medianRatio(String contender, String reference) {
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < of(contender).size(); round++) {
            ratios.add(of(contender).get(round) / of(reference).get(round));
        }
        return medianOf(ratios);
    }

    private List<Double> of(String contender) {
        List<Double> found = values.get(contender);
        if (found == null) {
            throw new IllegalArgumentException(
                    contender + " was not measured (expected: one of " + values.keySet() + ")");
        }
        return found;
    }

    static double medianOf(Collection<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
