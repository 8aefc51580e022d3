package dev.tlsproxy.benchmarks.compare;

/**
 * CPU time of the proxy for a unit of work. All contenders run side by side and are measured in turn, round after round, so
 * that a slow minute of the machine meets all of them.
 *
 * @param key for {@code --only}
 * @param title what the unit is
 * @param divisor 1 for microseconds, 1000 for milliseconds
 * @param load makes the units
 */
record CpuRow(String key, String title, double divisor, Load load) implements Row {

    @Override
    public Figures measure(Bench bench) {
        try (Running running = Running.start(bench, bench.contenders())) {
            running.each((contender, proxy) -> bench.warmUp(contender, proxy, load));
            Figures figures = new Figures();
            for (int round = 0; round < bench.rounds(); round++) {
                running.each((contender, proxy) ->
                        figures.add(contender.name(), bench.cpuMicrosPerUnit(proxy, load) / divisor));
            }
            return figures;
        }
    }
}
