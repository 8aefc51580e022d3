package dev.tlsproxy.acme.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code pebble-challtestsrv} as the DNS that Pebble asks: every name has the address 127.0.0.1 unless told otherwise; TXT
 * records are the test's. It answers no challenges.
 */
public final class MockDns implements AutoCloseable {

    private final TestProcess process;
    private final HttpClient http = HttpClient.newHttpClient();
    private final int port;
    private final int managementPort;

    private MockDns(TestProcess process, int port, int managementPort) {
        this.process = process;
        this.port = port;
        this.managementPort = managementPort;
    }

    static MockDns start(Path binary, Path directory) {
        int port = Ports.free();
        int managementPort = Ports.free();
        List<String> command =
                new ArrayList<>(List.of(binary.toString(), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""));
        command.addAll(List.of("-http01", "", "-https01", "", "-tlsalpn01", ""));
        String help = TestProcess.outputOf(List.of(binary.toString(), "-h"));
        // 2.7 renamed the option and serves DNS over HTTPS too, on a fixed port unless told otherwise
        command.addAll(
                help.contains("-dnsserver")
                        ? List.of("-dnsserver", "127.0.0.1:" + port, "-doh", "")
                        : List.of("-dns01", "127.0.0.1:" + port));
        command.addAll(List.of("-management", "127.0.0.1:" + managementPort));
        TestProcess process = TestProcess.start(command, Map.of(), directory.resolve("dns.log"));
        MockDns dns = new MockDns(process, port, managementPort);
        Ports.awaitListening(managementPort, process);
        return dns;
    }

    /** Where it answers, on 127.0.0.1 by UDP and TCP. */
    public int port() {
        return port;
    }

    /** Adds a TXT record. */
    public void setTxt(String name, String value) {
        post("set-txt", "{\"host\":\"" + qualified(name) + "\",\"value\":\"" + value + "\"}");
    }

    /** Takes all TXT records of a name away. */
    public void clearTxt(String name) {
        post("clear-txt", "{\"host\":\"" + qualified(name) + "\"}");
    }

    /** Gives a name an address of its own. */
    public void setA(String name, String address) {
        post("add-a", "{\"host\":\"" + qualified(name) + "\",\"addresses\":[\"" + address + "\"]}");
    }

    /** Takes that address away again. */
    public void clearA(String name) {
        post("clear-a", "{\"host\":\"" + qualified(name) + "\"}");
    }

    /** Makes look-ups of a name fail until cleared; needs a challtestsrv of 2.4 or later. */
    public void setServfail(String name) {
        post("set-servfail", "{\"host\":\"" + qualified(name) + "\"}");
    }

    /** Ends {@link #setServfail}. */
    public void clearServfail(String name) {
        post("clear-servfail", "{\"host\":\"" + qualified(name) + "\"}");
    }

    private static String qualified(String name) {
        return name.endsWith(".") ? name : name + ".";
    }

    private void post(String command, String json) {
        try {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + managementPort + "/" + command))
                            .timeout(Duration.ofSeconds(5))
                            .POST(HttpRequest.BodyPublishers.ofString(json))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(command + " " + json + ": HTTP " + answer.statusCode());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
