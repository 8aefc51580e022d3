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
     * Starts a proxy. From here on a signal ends the JVM with exit code 0, also while it still starts.
     *
     * @param proxy the proxy
     * @param others what is closed after it, also when it can't start
     * @return the running service
     * @throws dev.tlsproxy.ProxyStartException when it can't start
     */
    static Service start(TlsProxy proxy, List<? extends AutoCloseable> others) {
        List<AutoCloseable> toClose = new ArrayList<>();
        toClose.add(proxy);
        toClose.addAll(others);
        Service service = new Service(proxy, toClose);
        Runtime.getRuntime().addShutdownHook(service.hook);
        try {
            proxy.start();
        } catch (RuntimeException e) {
            service.giveUp();
            throw e;
        }
        return service;
    }

    /**
     * Writes the root certificate of the local CA, for clients.
     *
     * @param directory the store's
     * @return the file; empty where no name needs the local CA
     * @throws IOException when it can't be written; all is closed then
     */
    Optional<Path> writeCaFile(Path directory) throws IOException {
        Optional<X509Certificate> root = proxy.localCaCertificate();
        if (root.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(CaFile.write(directory, root.get()));
        } catch (IOException e) {
            giveUp();
            throw e;
        }
    }

    ProxyAddresses addresses() {
        return proxy.addresses();
    }

    /**
     * Waits for the signal. Does not return in practice: the hook ends the JVM.
     *
     * @return 0
     */
    int awaitSignal() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return 0;
    }

    private void giveUp() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // a signal came first: the hook closes all and ends the JVM
        }
        closeAll(toClose);
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
