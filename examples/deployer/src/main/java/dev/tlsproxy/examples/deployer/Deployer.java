package dev.tlsproxy.examples.deployer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;

/** Reads an environment and serves it over HTTPS until the process is ended. */
public final class Deployer {

    private Deployer() {}

    /**
     * Runs.
     *
     * @param args the environment's properties file and the directory for certificates
     * @throws IOException when the file can't be read
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 2) {
            System.err.println("usage: deployer ENVIRONMENT.properties DIR");
            System.exit(2);
        }
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(Path.of(args[0]))) {
            properties.load(reader);
        }
        Environment environment = Environment.from(properties);
        try (HttpsEdge edge =
                HttpsEdge.open(environment, Path.of(args[1]), new InetSocketAddress(443), new InetSocketAddress(80))) {
            environment.proxied().forEach(service -> System.out.println(service.name() + ": " + edge.uri(service)));
            new CountDownLatch(1).await();
        }
    }
}
