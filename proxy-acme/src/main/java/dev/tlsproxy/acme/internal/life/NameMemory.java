package dev.tlsproxy.acme.internal.life;

/** The record of one name, as it is now and as the store has it. Written by one thread at a time. */
final class NameMemory {

    private final String name;
    private final NameRecords records;
    private NameRecord record = NameRecord.EMPTY;
    private volatile int failures;

    NameMemory(String name, NameRecords records) {
        this.name = name;
        this.records = records;
    }

    NameRecord record() {
        return record;
    }

    /** How often the name failed in a row; may be called by any thread. */
    int failures() {
        return failures;
    }

    /** Takes over what the store has. */
    void recall() {
        set(records.read(name));
    }

    void write(NameRecord changed) {
        set(changed);
        records.write(name, changed);
    }

    private void set(NameRecord changed) {
        record = changed;
        failures = changed.failures();
    }
}
