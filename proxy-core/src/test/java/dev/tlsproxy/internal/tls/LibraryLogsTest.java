package dev.tlsproxy.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LibraryLogsTest {

    private final Logger logger = Logger.getLogger("org.bouncycastle.jsse.provider.ProvTlsServer");
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            seen.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
    }

    @AfterEach
    void restore() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
        logger.setFilter(null);
    }

    private void logOn(String threadName, String message) throws InterruptedException {
        Thread thread = new Thread(() -> logger.info(message), threadName);
        thread.start();
        thread.join();
    }

    @Test
    void takesOutWhatOwnThreadsLogAndNothingElse() throws Exception {
        try (LibraryLogs.Silence silence = LibraryLogs.silence()) {
            logger.info("starting");
            silence.started();
            logger.info("the program");
            logOn("tls-proxy I/O-1", "own thread");
            logOn("main", "the program's thread");
        }
        logOn("tls-proxy I/O-1", "after the end");

        assertThat(seen).containsExactly("the program", "the program's thread", "after the end");
    }

    @Test
    void staysUntilTheLastProxyIsClosedAndKeepsTheProgramsFilter() throws Exception {
        logger.setFilter(entry -> !entry.getMessage().equals("unwanted"));
        LibraryLogs.Silence first = LibraryLogs.silence();
        LibraryLogs.Silence second = LibraryLogs.silence();
        second.started();
        first.close();
        first.close();
        logOn("tls-proxy I/O-1", "own thread");
        logOn("main", "unwanted");
        logOn("main", "wanted");
        second.close();
        logOn("main", "unwanted");

        assertThat(seen).containsExactly("wanted");
        assertThat(logger.getFilter()).isNotNull();
    }

    /** A client that resets its connection while its response is sent is no news; a fault of this program is. */
    @Test
    void whatAClientCanCauseIsNoWarning() throws Exception {
        PrintStream standardError = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try (LibraryLogs.Silence silence = LibraryLogs.silence()) {
            silence.started();
            Logger undertow = Logger.getLogger("io.undertow.proxy");
            Thread thread = new Thread(
                    () -> {
                        undertow.log(Level.SEVERE, "reset", new IOException("Connection reset by peer"));
                        undertow.log(Level.SEVERE, "fault", new IllegalStateException("of this program"));
                    },
                    "tls-proxy I/O-1");
            thread.start();
            thread.join();
        } finally {
            System.setErr(standardError);
        }

        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("WARN io.undertow.proxy - fault")
                .doesNotContain("reset");
    }
}
