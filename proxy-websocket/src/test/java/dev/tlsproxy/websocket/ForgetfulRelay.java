package dev.tlsproxy.websocket;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A middlebox that forgets a connection which was silent for a while, and resets it when something comes after that. */
final class ForgetfulRelay implements AutoCloseable {

    /** How many connections were reset. */
    final AtomicInteger forgotten = new AtomicInteger();

    private final ServerSocket server;
    private final int target;
    private final long memory;
    private final AtomicLong last = new AtomicLong();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    ForgetfulRelay(int targetPort, Duration memory) throws IOException {
        this.target = targetPort;
        this.memory = memory.toNanos();
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    /** For how long nothing has come, on any connection. */
    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - last.get());
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket from = server.accept();
                Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
                open.add(from);
                open.add(to);
                AtomicLong used = new AtomicLong(System.nanoTime());
                daemon(() -> pass(from, to, used));
                daemon(() -> pass(to, from, used));
            }
        } catch (IOException e) {
            // closed: no more connections
        }
    }

    private void pass(Socket from, Socket to, AtomicLong used) {
        byte[] bytes = new byte[8192];
        try {
            InputStream in = from.getInputStream();
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                long now = System.nanoTime();
                last.set(now);
                if (now - used.getAndSet(now) > memory) {
                    forgotten.incrementAndGet();
                    from.setSoLinger(true, 0);
                    to.setSoLinger(true, 0);
                    break;
                }
                to.getOutputStream().write(bytes, 0, read);
            }
        } catch (IOException e) {
            // either side, or the test, ended the connection
        }
        try (from;
                to) {
            open.remove(from);
            open.remove(to);
        } catch (IOException e) {
            // closed already
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "forgetful-relay");
        thread.setDaemon(true);
        thread.start();
    }
}
