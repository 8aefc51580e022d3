package dev.tlsproxy.acme;

import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.internal.store.FileCertificateStore;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A proxy in a JVM of its own that gets its certificates by dns-01, prints {@code ready} when it has them, and serves until
 * it is killed. Every call of its store and its solver is a step, printed before it is made; at a given step it kills
 * itself with SIGKILL.
 */
final class AcmeChild {

    private AcmeChild() {}

    /** Arguments: directory, trust file, store, HTTPS port, HTTP port, upstream, relay, step to die at (0: none), names. */
    public static void main(String[] args) throws Exception {
        Steps steps = new Steps(Integer.parseInt(args[7]));
        ChallengeSolver solver = new CountedSolver(steps, DnsRelay.solver(URI.create(args[6])));
        Acme acme = Acme.directory(URI.create(args[0]))
                .trust(Path.of(args[1]))
                .dns(solver)
                .challenges(ChallengeType.DNS_01);
        List<String> names = List.of(args).subList(8, args.length);
        try (TlsProxy proxy = AcmeSite.proxy(args[5], Integer.parseInt(args[3]), Integer.parseInt(args[4]), acme, names)
                .store(new CountedStore(steps, new FileCertificateStore(Path.of(args[2]))))
                .build()) {
            proxy.start();
            System.out.println("started");
            proxy.awaitReady(Duration.ofSeconds(60));
            System.out.println("ready");
            new CountDownLatch(1).await();
        }
    }

    /** Counts, prints, and kills this JVM when the time has come. */
    static final class Steps {

        private final int deadly;
        private int count;

        Steps(int deadly) {
            this.deadly = deadly;
        }

        synchronized void next(String what) {
            count++;
            System.out.println("step " + count + " " + what);
            if (count == deadly) {
                long pid = ProcessHandle.current().pid();
                try {
                    new ProcessBuilder("sh", "-c", "kill -9 " + pid).start().waitFor();
                    new CountDownLatch(1).await();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private record CountedSolver(Steps steps, ChallengeSolver solver) implements ChallengeSolver {

        @Override
        public void present(String recordName, String value) throws IOException, InterruptedException {
            steps.next("before present");
            solver.present(recordName, value);
            steps.next("after present");
        }

        @Override
        public void await(String recordName, String value, Duration timeout) throws IOException, InterruptedException {
            solver.await(recordName, value, timeout);
            steps.next("after await");
        }

        @Override
        public void cleanUp(String recordName, String value) throws IOException, InterruptedException {
            steps.next("before cleanUp");
            solver.cleanUp(recordName, value);
            steps.next("after cleanUp");
        }
    }
}
