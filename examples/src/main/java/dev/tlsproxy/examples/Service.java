package dev.tlsproxy.examples;

import dev.tlsproxy.ProxyAddresses;
import dev.tlsproxy.TlsProxy;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * A proxy as a program of its own: runs until SIGTERM or SIGINT, then closes and ends the JVM with exit code 0.
 *
 * <p>A JVM that a signal ends has the exit code 128 + signal, whatever its shutdown hooks do; so the hook itself halts the
 * JVM once all is closed.
 */
final class Service {

    private final TlsProxy proxy;
    private final List<AutoCloseable> toClose;
    private final Thread hook;

    private Service(TlsProxy proxy, List<AutoCloseable> toClose) {
        this.proxy = proxy;
        this.toClose = toClose;
        this.hook = new Thread(() -> Runtime.getRuntime().halt(closeAll(toClose)), "shutdown");
    }

    /**
     * Starts a proxy and waits. From here on a signal ends the JVM with exit code 0, also while the proxy still starts; so
     * this does not return in practice.
     *
     * @param proxy the proxy
     * @param others what is closed after it, also when it can't start
     * @param directory where the CA file goes
     * @param announcement called once the proxy listens
     * @return 0
     * @throws dev.tlsproxy.ProxyStartException when it can't start
     * @throws IOException when the CA file can't be written; all is closed then
     */
    static int serve(TlsProxy proxy, List<? extends AutoCloseable> others, Path directory, Announcement announcement)
            throws IOException {
        List<AutoCloseable> toClose = new ArrayList<>();
        toClose.add(proxy);
        toClose.addAll(others);
        Service service = new Service(proxy, toClose);
        service.awaitSignals();
        try {
            proxy.start();
            announcement.listening(proxy.addresses(), service.writeCaFile(directory));
        } catch (RuntimeException | IOException e) {
            service.giveUp();
            throw e;
        }
        waitForever();
        return 0;
    }

    /** Hears that the proxy listens. */
    interface Announcement {

        /**
         * Tells the user.
         *
         * @param addresses where it listens
         * @param ca the file with the root certificate of the local CA; empty where no name needs it
         */
        void listening(ProxyAddresses addresses, Optional<Path> ca);
    }

    private void awaitSignals() {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            // a signal came first, and the JVM ends already
            waitForever();
        }
    }

    private Optional<Path> writeCaFile(Path directory) throws IOException {
        Optional<X509Certificate> root = proxy.localCaCertificate();
        return root.isEmpty() ? Optional.empty() : Optional.of(CaFile.write(directory, root.get()));
    }

    private void giveUp() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // a signal came first: its hook has closed the proxy under us and is about to halt the JVM
            waitForever();
        }
        closeAll(toClose);
    }

    private static void waitForever() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int closeAll(List<AutoCloseable> toClose) {
        int exitCode = 0;
        for (AutoCloseable each : toClose) {
            try {
                each.close();
            } catch (Exception e) {
                System.err.println("tls-proxy: " + each + " did not close: " + e);
                exitCode = 1;
            }
        }
        return exitCode;
    }
}
