package dev.tlsproxy.benchmarks.compare;

import java.util.List;

/**
 * CPU time for a new connection with many routes and certificates, over that with one. Each contender is compared with
 * itself.
 *
 * @param hosts how many
 */
record HostsRow(int hosts) implements Row {

    @Override
    public String key() {
        return "hosts-" + hosts;
    }

    @Override
    public String title() {
        return "new connection with " + hosts + " routes and certificates, over that with 1 (times CPU)";
    }

    @Override
    public Figures measure(Bench bench) {
        Figures figures = new Figures();
        for (OurJar ours : bench.ours()) {
            OurJar one = ours.named("one");
            OurJar many = ours.named("many").withHosts(hosts);
            Figures both = new CpuRow(key(), title(), 1, Load.newConnections()).measure(bench.with(List.of(one, many)));
            figures.add(ours.name(), both.medianRatio("many", "one"));
        }
        return figures;
    }
}
