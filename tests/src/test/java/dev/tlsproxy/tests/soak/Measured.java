package dev.tlsproxy.tests.soak;

/**
 * What the proxy's JVM holds.
 *
 * @param heap bytes of heap that survive a collection
 * @param direct bytes of direct buffers
 * @param handles open file handles
 * @param threads live threads
 * @param inFlight exchanges that have begun and not ended
 * @param residentKilobytes of the whole process, as the system counts
 */
record Measured(long heap, long direct, int handles, int threads, long inFlight, long residentKilobytes) {

    static Measured of(String line) {
        String[] figures = line.split(" ");
        return new Measured(
                Long.parseLong(figures[0]),
                Long.parseLong(figures[1]),
                Integer.parseInt(figures[2]),
                Integer.parseInt(figures[3]),
                Long.parseLong(figures[4]),
                Long.parseLong(figures[5]));
    }

    @Override
    public String toString() {
        return "heap " + heap / 1024 + " KB, direct " + direct / 1024 + " KB, handles " + handles + ", threads "
                + threads + ", in flight " + inFlight + ", resident " + residentKilobytes / 1024 + " MB";
    }
}
