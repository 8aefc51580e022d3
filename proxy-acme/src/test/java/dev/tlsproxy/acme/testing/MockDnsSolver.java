package dev.tlsproxy.acme.testing;

import dev.tlsproxy.acme.spi.ChallengeSolver;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Solves dns-01 in a {@link MockDns}. */
public final class MockDnsSolver implements ChallengeSolver {

    private final MockDns dns;
    private final Set<String> records = ConcurrentHashMap.newKeySet();

    public MockDnsSolver(MockDns dns) {
        this.dns = dns;
    }

    @Override
    public void present(String recordName, String value) {
        records.add(recordName);
        dns.setTxt(recordName, value);
    }

    @Override
    public void cleanUp(String recordName, String value) {
        records.remove(recordName);
        dns.clearTxt(recordName);
    }

    /** Names of records that were not cleaned up. */
    public Set<String> records() {
        return records;
    }
}
