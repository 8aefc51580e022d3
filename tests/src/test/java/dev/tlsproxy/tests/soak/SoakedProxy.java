package dev.tlsproxy.tests.soak;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tlsproxy.Route;
import dev.tlsproxy.Timeouts;
import dev.tlsproxy.TlsPolicy;
import dev.tlsproxy.TlsProxy;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ExchangeFilter;
import dev.tlsproxy.spi.ExchangeSummary;
import dev.tlsproxy.spi.ProxyEvents;
import dev.tlsproxy.websocket.WebSockets;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The proxy, alone in its JVM. Takes orders by the line and answers each with a line: {@code measure}, and {@code close},
 * after which the JVM ends by itself.
 */
final class SoakedProxy {

    private static final AtomicLong BEGUN = new AtomicLong();
    private static final AtomicLong ENDED = new AtomicLong();

    private SoakedProxy() {}

    /** Upstream, the upstream that refuses now and then, and where to write the CA; says the port. */
    public static void main(String[] arguments) throws Exception {
        TlsProxy proxy = proxy(arguments[0], arguments[1]);
        proxy.start();
        Files.writeString(
                Path.of(arguments[2]),
                "-----BEGIN CERTIFICATE-----\n"
                        + Base64.getMimeEncoder()
                                .encodeToString(
                                        proxy.localCaCertificate().orElseThrow().getEncoded())
                        + "\n-----END CERTIFICATE-----\n");
        say(Integer.toString(proxy.addresses().https().getPort()));
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String order = orders.readLine(); order != null && !order.equals("close"); order = orders.readLine()) {
            say(measured());
        }
        say(proxy.close(Duration.ofSeconds(5)).toString());
    }

    private static TlsProxy proxy(String upstream, String refusing) {
        return TlsProxy.builder()
                .route(Route.of("localhost").to(upstream).responseTimeout(Bounds.PROXY))
                .route(Route.of("localhost/refused").to(refusing).responseTimeout(Bounds.PROXY))
                .route(Route.of("localhost/frames")
                        .to(upstream)
                        .responseTimeout(Bounds.PROXY)
                        .upgrades(WebSockets.defaults()))
                .tls(TlsPolicy.defaults().defaultName("localhost"))
                .timeouts(Timeouts.defaults()
                        .handshake(Bounds.CLIENT)
                        .requestHead(Bounds.CLIENT)
                        .bodyIdle(Bounds.PROXY)
                        .connect(Bounds.PROXY)
                        .keepAlive(Bounds.KEEP_ALIVE)
                        .upstreamIdle(Duration.ofSeconds(1)))
                .filter(new ExchangeFilter() {
                    @Override
                    public void request(Exchange exchange) {
                        BEGUN.incrementAndGet();
                    }
                })
                .events(new ProxyEvents() {
                    @Override
                    public void exchangeEnded(ExchangeSummary exchange) {
                        if (exchange.route().isPresent()) {
                            ENDED.incrementAndGet();
                        }
                    }
                })
                .https(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withoutHttp()
                .store(CertificateStore.inMemory())
                .build();
    }

    /** As {@link Measured#of} reads it. */
    private static String measured() throws IOException {
        System.gc();
        System.gc(); // the second frees what the first one's cleaners let go
        long direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        String resident = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .map(line -> line.replaceAll("\\D", ""))
                .findFirst()
                .orElse("0");
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() + " " + direct + " "
                + ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getOpenFileDescriptorCount()
                + " " + ManagementFactory.getThreadMXBean().getThreadCount() + " " + (BEGUN.get() - ENDED.get()) + " "
                + resident;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
