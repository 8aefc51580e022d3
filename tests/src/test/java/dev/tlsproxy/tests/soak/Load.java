package dev.tlsproxy.tests.soak;

import dev.tlsproxy.tests.soak.Call.Style;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;

/** Clients of all kinds, some hundred calls a second, each judged by what was done to it. */
final class Load {

    private static final int WORKERS = 24;
    private static final int CALLS_A_SECOND = 150;

    /** Cold code is not met by all at once. */
    private static final Duration STAGGER = Duration.ofMillis(150);

    private enum Kind {
        GET_H2(24),
        GET_H1(18),
        GET_NEW(8),
        POST_H2(8),
        POST_H1(8),
        POST_NEW(3),
        DOWNLOAD_H2(1),
        DOWNLOAD_H1(1),
        EVENTS_H2(3),
        EVENTS_H1(2),
        TUNNEL(3),
        TUNNEL_OF_FRAMES(3),
        LEAVE_NEW(4),
        LEAVE_H2(4),
        BAD(5),
        REFUSED_UPSTREAM(5);

        final int weight;

        Kind(int weight) {
            this.weight = weight;
        }

        static Kind of(Random random) {
            int left = random.nextInt(100);
            for (Kind kind : values()) {
                left -= kind.weight;
                if (left < 0) {
                    return kind;
                }
            }
            throw new IllegalStateException("the weights are not 100");
        }
    }

    private final Findings findings;
    private final long seed;
    private final AtomicLong ids = new AtomicLong(1);
    private final JdkCalls h2;
    private final JdkCalls h1;
    private final RawCalls raw;

    Load(int port, SSLContext trust, Findings findings, long seed) {
        URI base = URI.create("https://localhost:" + port);
        this.findings = findings;
        this.seed = seed;
        this.h2 = new JdkCalls(base, trust, HttpClient.Version.HTTP_2);
        this.h1 = new JdkCalls(base, trust, HttpClient.Version.HTTP_1_1);
        this.raw = new RawCalls(trust, port);
    }

    /** Runs for a time, and until the last call has an outcome; shorter where something is wrong. */
    void run(Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            Random random = new Random(seed + ids.get() * WORKERS + i);
            long begin = System.nanoTime() + i * STAGGER.toNanos();
            Thread worker = new Thread(() -> work(random, begin, end), "soak-" + i);
            worker.setDaemon(true);
            worker.start();
            workers.add(worker);
        }
        for (Thread worker : workers) {
            worker.join();
        }
    }

    private void work(Random random, long begin, long end) {
        long mean = Duration.ofSeconds(WORKERS).toNanos() / CALLS_A_SECOND;
        long next = begin;
        while (findings.goesOn() && next < end) {
            LockSupport.parkNanos(next - System.nanoTime());
            long left = next - System.nanoTime();
            if (left <= 0) {
                one(Kind.of(random), random);
                next = Math.max(System.nanoTime() - mean, next) + random.nextInt((int) (2 * mean));
            }
        }
    }

    private void one(Kind kind, Random random) {
        Call call = planned(kind, random);
        try {
            Outcome outcome = made(kind, call, random);
            judge(kind, call, outcome, "");
        } catch (SocketTimeoutException | TimeoutException e) {
            findings.wrong("hangs: " + kind + " " + call + ": " + e);
        } catch (IOException e) {
            judge(kind, call, Outcome.CUT, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Answer.WrongAnswer e) {
            findings.fatal(kind + " " + call + ": " + e.getMessage());
        } catch (RuntimeException e) {
            findings.wrong(kind + " " + call + ": " + e);
        }
    }

    private void judge(Kind kind, Call call, Outcome outcome, String reason) {
        boolean clients = outcome == Outcome.LEFT || outcome == Outcome.REFUSED;
        boolean refused = kind == Kind.REFUSED_UPSTREAM && outcome == Outcome.ERROR_502;
        boolean stale = call.upload() >= 0 && isStale(outcome, reason);
        if (stale && !call.fault().allows(outcome)) {
            findings.lostUpload();
        }
        if (!clients && !refused && !stale && !call.fault().allows(outcome)) {
            findings.wrong(kind + " " + call + ": " + outcome + " " + reason);
        }
        findings.ended(kind.name(), clients ? Fault.NONE : call.fault(), outcome);
    }

    /**
     * A kept connection was closed just then, and a body is not sent twice: between proxy and upstream by another call's
     * fault, between client and proxy because it was idle for long.
     */
    private static boolean isStale(Outcome outcome, String reason) {
        return outcome == Outcome.ERROR_502
                || (outcome == Outcome.CUT
                        && (reason.contains("received no bytes")
                                || reason.contains("reset")
                                || reason.contains("Broken pipe")));
    }

    private Outcome made(Kind kind, Call call, Random random)
            throws IOException, InterruptedException, TimeoutException {
        return switch (kind) {
            case GET_H2, POST_H2, DOWNLOAD_H2, EVENTS_H2 -> h2.whole(call);
            case GET_H1, POST_H1, DOWNLOAD_H1, EVENTS_H1, REFUSED_UPSTREAM -> h1.whole(call);
            case GET_NEW, POST_NEW -> raw.whole(call);
            case TUNNEL, TUNNEL_OF_FRAMES -> raw.tunnel(call, random);
            case LEAVE_NEW -> raw.left(call, random);
            case LEAVE_H2 -> h2.left(call, Duration.ofMillis(1 + random.nextInt(300)));
            case BAD -> raw.bad(random);
        };
    }

    private Call planned(Kind kind, Random random) {
        long id = ids.getAndIncrement();
        Style style = Style.values()[random.nextInt(3) == 0 ? 0 : random.nextInt(4) == 0 ? 3 : 1];
        int small = 2 + random.nextInt(4000);
        int large = 1_000_000 + random.nextInt(2_000_000);
        return switch (kind) {
            case GET_H2, GET_H1, GET_NEW -> call("/get", fault(random, Call.ON_REQUESTS, 25), id, small, style, -1);
            case POST_H2, POST_H1, POST_NEW ->
                call("/post", fault(random, Call.ON_REQUESTS, 25), id, small, style, random.nextInt(300_000));
            case DOWNLOAD_H2, DOWNLOAD_H1 -> call("/get", fault(random, Call.ON_REQUESTS, 30), id, large, style, -1);
            case EVENTS_H2, EVENTS_H1 ->
                call("/events", fault(random, Call.ON_EVENTS, 30), id, small, Style.EVENTS, -1);
            case TUNNEL -> call("/tunnel", fault(random, Call.ON_TUNNELS, 40), id, 2, Style.LENGTH, -1);
            case TUNNEL_OF_FRAMES -> call("/frames", fault(random, Call.ON_TUNNELS, 40), id, 2, Style.LENGTH, -1);
            case LEAVE_NEW, LEAVE_H2 -> leaving(id, random, large);
            case BAD -> call("/bad", Fault.NONE, id, 2, style, -1);
            case REFUSED_UPSTREAM -> call("/refused", Fault.NONE, id, small, style, -1);
        };
    }

    private static Call leaving(long id, Random random, int large) {
        return switch (random.nextInt(4)) {
            case 0 -> call("/get", Fault.STALL_BEFORE_HEAD, id, 2, Style.LENGTH, -1);
            case 1 -> call("/post", Fault.NONE, id, 2, Style.LENGTH, 100_000);
            case 2 -> call("/events", Fault.NONE, id, 4000, Style.EVENTS, -1);
            default -> call("/get", Fault.NONE, id, large, Style.CHUNKED, -1);
        };
    }

    private static Fault fault(Random random, List<Fault> faults, int percent) {
        return random.nextInt(100) < percent ? faults.get(random.nextInt(faults.size())) : Fault.NONE;
    }

    private static Call call(String route, Fault fault, long id, int size, Style style, int upload) {
        return new Call(route, fault, id, size, style, upload).sensible();
    }
}
