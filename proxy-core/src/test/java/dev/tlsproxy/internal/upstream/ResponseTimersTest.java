package dev.tlsproxy.internal.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** On a real I/O thread whose own timers stay silent: the time is the test's. */
class ResponseTimersTest {

    private long now = TimeUnit.DAYS.toNanos(1);
    private final List<String> expired = new ArrayList<>();
    private XnioWorker worker;
    private ResponseTimers timers;

    @BeforeEach
    void begin() throws Exception {
        worker = Xnio.getInstance()
                .createWorker(OptionMap.create(Options.WORKER_IO_THREADS, 1, Options.THREAD_DAEMON, true));
        timers = new ResponseTimers(worker.getIoThread(), () -> now);
    }

    @AfterEach
    void end() {
        worker.shutdownNow();
    }

    @Test
    void onlyThoseWhoseTimeIsOverRunOut() {
        timer("slow", 300).start();
        timer("fast", 100).start();
        pass(100);
        assertThat(expired).containsExactly("fast");
        pass(199);
        assertThat(expired).containsExactly("fast");
        pass(1);
        assertThat(expired).containsExactly("fast", "slow");
        pass(1000);
        assertThat(expired).hasSize(2);
    }

    @Test
    void progressBeginsTheTimeAnew() {
        ResponseTimer timer = timer("a", 100);
        timer.start();
        pass(60);
        timer.progress();
        pass(60);
        assertThat(expired).isEmpty();
        pass(40);
        assertThat(expired).containsExactly("a");
    }

    @Test
    void stoppedOnesDoNotRunOutWhereverTheyStand() {
        for (int stopped = 0; stopped < 3; stopped++) {
            List<ResponseTimer> three = List.of(timer("0", 100), timer("1", 100), timer("2", 100));
            three.forEach(ResponseTimer::start);
            three.get(stopped).stop();
            three.get(stopped).stop();
            expired.clear();
            pass(100);
            assertThat(expired).hasSize(2).doesNotContain(Integer.toString(stopped));
        }
    }

    @Test
    void oneThatIsStoppedByAnotherThatRunsOutDoesNotRunOut() {
        ResponseTimer[] pair = new ResponseTimer[2];
        pair[0] = timer("0", 100);
        pair[1] = new ResponseTimer(timers, Duration.ofMillis(100), () -> pair[0].stop());
        pair[0].start();
        pair[1].start();
        pass(100);
        assertThat(expired).isEmpty();
    }

    @Test
    void oneThatIsStartedAgainRunsOutOnce() {
        ResponseTimer timer = timer("a", 100);
        timer.start();
        pass(50);
        timer.start();
        pass(50);
        assertThat(expired).isEmpty();
        pass(50);
        assertThat(expired).containsExactly("a");
    }

    @Test
    void oneThatFailsLeavesTheOthersTheirTime() {
        timer("behind", 100).start();
        new ResponseTimer(timers, Duration.ofMillis(100), () -> {
                    throw new NoClassDefFoundError("a listener's");
                })
                .start();
        timer("before", 100).start();
        pass(100);
        assertThat(expired).containsExactlyInAnyOrder("before", "behind");
    }

    private ResponseTimer timer(String name, long millis) {
        return new ResponseTimer(timers, Duration.ofMillis(millis), () -> expired.add(name));
    }

    private void pass(long millis) {
        now += TimeUnit.MILLISECONDS.toNanos(millis);
        timers.fired();
    }
}
