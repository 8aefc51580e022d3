package dev.tlsproxy.tests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Thousands of silent clients, or their upstream, in a JVM of their own: their descriptors and their memory are not the
 * proxy's. Uses nothing but the JDK. Takes orders by the line on standard input and answers each with a line.
 */
final class IdlePeers {

    private static final int AT_ONCE = 4;

    private IdlePeers() {}

    /** {@code upstream}, or {@code clients HTTPS-PORT CA-FILE}. */
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("upstream")) {
            upstream();
        } else {
            clients(Integer.parseInt(arguments[1]), Path.of(arguments[2]));
        }
    }

    /** Switches where asked to, answers with an empty 200 otherwise, and is silent then. */
    private static void upstream() throws IOException {
        Selector selector = Selector.open();
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        say(Integer.toString(server.socket().getLocalPort()));
        ByteBuffer buffer = ByteBuffer.allocate(8192);
        while (true) {
            selector.select(key -> {
                try {
                    if (key.isAcceptable()) {
                        SocketChannel accepted = server.accept();
                        accepted.configureBlocking(false);
                        accepted.register(selector, SelectionKey.OP_READ);
                    } else {
                        answer((SocketChannel) key.channel(), buffer.clear());
                    }
                } catch (IOException e) {
                    closeQuietly((SocketChannel) key.channel());
                }
            });
        }
    }

    private static void answer(SocketChannel channel, ByteBuffer buffer) throws IOException {
        if (channel.read(buffer) < 0) {
            channel.close();
            return;
        }
        String text = StandardCharsets.ISO_8859_1.decode(buffer.flip()).toString();
        if (text.contains("\r\n\r\n")) { // no test makes a head that comes in two pieces on the loopback interface
            boolean upgrade = text.toLowerCase(java.util.Locale.ROOT).contains("\r\nupgrade: websocket\r\n");
            String response = upgrade
                    ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            channel.write(ByteBuffer.wrap(response.getBytes(StandardCharsets.ISO_8859_1)));
        }
    }

    /** Orders: {@code open COUNT HOST FIELDS}, the fields with {@code |} for CRLF; {@code close}. */
    private static void clients(int port, Path caFile) throws Exception {
        SSLSocketFactory tls = trusting(caFile).getSocketFactory();
        List<Socket> open = new CopyOnWriteArrayList<>();
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        say("ready");
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            String[] words = order.split(" ", 4);
            if (words[0].equals("open")) {
                open.addAll(open(tls, port, Integer.parseInt(words[1]), words[2], words[3].replace("|", "\r\n")));
            } else {
                open.forEach(IdlePeers::closeQuietly);
                open.clear();
            }
            say(Integer.toString(open.size()));
        }
    }

    private static List<Socket> open(SSLSocketFactory tls, int port, int count, String host, String fields)
            throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            List<Future<Socket>> opening = IntStream.range(0, count)
                    .mapToObj(i -> threads.submit(() -> connected(tls, port, host, fields)))
                    .toList();
            Socket[] opened = new Socket[count];
            for (int i = 0; i < count; i++) {
                opened[i] = opening.get(i).get();
            }
            return Arrays.asList(opened);
        } finally {
            threads.shutdownNow();
        }
    }

    /** A connection with the answer to one request behind it. */
    private static Socket connected(SSLSocketFactory tls, int port, String host, String fields) throws IOException {
        Socket socket = tls.createSocket(new Socket(InetAddress.getLoopbackAddress(), port), host, port, true);
        OutputStream out = socket.getOutputStream();
        out.write(("GET / HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n").getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed after: " + head);
            }
            head.append((char) next);
        }
        return socket;
    }

    private static SSLContext trusting(Path caFile) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream pem = Files.newInputStream(caFile)) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            // the proxy was faster
        }
    }
}
