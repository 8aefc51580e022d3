package dev.tlsproxy.benchmarks.compare;

/** A proxy that can be started in a scene. */
interface Contender {

    /** For the table's head. */
    String name();

    /** Whether it gets faster while it runs, and so needs a long warm-up. */
    boolean compilesWhileRunning();

    /**
     * Starts it, pinned to the core of the proxies, and waits until it takes connections.
     *
     * @param scene certificate and upstreams
     * @return the caller closes it
     */
    default RunningProxy start(Scene scene) {
        return start(scene, true);
    }

    RunningProxy start(Scene scene, boolean pinned);

    /** Starts it as {@link #start(Scene)} does, and waits until it says that it has warmed up, where it knows of that. */
    default RunningProxy startWarmedUp(Scene scene) {
        return start(scene);
    }
}
