package dev.tlsproxy.tests.soak;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server on plain sockets that does to each call what the call says, and can refuse connections for a while. */
final class FaultyUpstream implements AutoCloseable {

    private final Findings findings;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(null, work, "faulty-upstream", 128 * 1024);
        thread.setDaemon(true);
        return thread;
    });
    private final int port;
    private volatile ServerSocket server;

    FaultyUpstream(Findings findings) throws IOException {
        this.findings = findings;
        this.server = listening(0);
        this.port = server.getLocalPort();
        threads.execute(() -> accept(server));
    }

    String uri() {
        return "http://127.0.0.1:" + port;
    }

    int open() {
        return open.size();
    }

    /** From now on connections are refused; those there are stay. */
    void refuse() throws IOException {
        server.close();
    }

    /** Listens again at the same port; does nothing where somebody else has it just now. */
    boolean acceptAgain() {
        try {
            server = listening(port);
            ServerSocket now = server;
            threads.execute(() -> accept(now));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static ServerSocket listening(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 256);
        return socket;
    }

    private void accept(ServerSocket from) {
        try {
            while (true) {
                Socket socket = from.accept();
                socket.setTcpNoDelay(true);
                open.add(socket);
                threads.execute(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            UpstreamConversation conversation = new UpstreamConversation(socket, findings);
            while (conversation.next()) {
                // one call after the other
            }
        } catch (IOException e) {
            // the proxy has closed the connection, or it was reset as wanted
        } catch (RuntimeException e) {
            findings.fatal("the upstream got what is no call: " + e);
        } finally {
            open.remove(socket);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
        threads.shutdownNow();
    }
}
