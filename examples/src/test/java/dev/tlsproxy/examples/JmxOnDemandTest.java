package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import javax.management.MBeanServer;
import javax.management.MBeanServerDelegate;
import org.junit.jupiter.api.Test;

class JmxOnDemandTest {

    private final JmxOnDemand builder = new JmxOnDemand();

    @Test
    void aConsoleGetsAnMBeanServer() {
        MBeanServerDelegate delegate = builder.newMBeanServerDelegate();
        MBeanServer server = builder.newMBeanServer("test", null, delegate);

        assertThat(server.getMBeanCount()).isPositive();
    }

    @Test
    void aThreadOfTheProxyGetsNoneAndTheNextToAskFindsTheJvmsOwnBuilder() throws InterruptedException {
        JmxOnDemand.install();
        FutureTask<MBeanServerDelegate> asked = new FutureTask<>(builder::newMBeanServerDelegate);
        Thread thread = new Thread(asked, "tls-proxy-prepare");
        thread.start();
        thread.join();

        assertThat(asked)
                .failsWithin(Duration.ZERO)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(IllegalStateException.class);
        assertThat(System.getProperty("javax.management.builder.initial")).isNull();
    }
}
