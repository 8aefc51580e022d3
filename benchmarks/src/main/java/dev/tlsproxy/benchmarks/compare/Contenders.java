package dev.tlsproxy.benchmarks.compare;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which proxies take part: nginx first, to which all others are compared. */
final class Contenders {

    private Contenders() {}

    static List<Contender> of(Options options) {
        List<Contender> contenders = new ArrayList<>(List.of(new Nginx()));
        for (Contender other : List.of(new HaProxy(), new Caddy())) {
            if (options.proxies.contains(other.name().toLowerCase(Locale.ROOT))) {
                contenders.add(other);
            }
        }
        if (options.proxies.contains("ours")) {
            ours(options, contenders);
        }
        return contenders;
    }

    private static void ours(Options options, List<Contender> contenders) {
        List<Path> jars = options.runnableJars();
        for (String jdk : options.jdks) {
            Path java = javaOf(jdk);
            for (int i = 0; i < jars.size(); i++) {
                String name = "ours" + (jars.size() > 1 ? " " + (char) ('A' + i) : "") + " on " + jdk;
                if (!options.nativeProvider.equals("with")) {
                    contenders.add(ours(options, name, java, jars.get(i), null));
                }
                if (!options.nativeProvider.equals("without")) {
                    contenders.add(ours(options, name + " native", java, jars.get(i), nativeProvider(options.home)));
                }
            }
        }
    }

    private static OurJar ours(Options options, String name, Path java, Path jar, @Nullable Path nativeProvider) {
        return new OurJar(name, java, jar.toAbsolutePath(), nativeProvider, options.javaOptions, 1);
    }

    private static Path javaOf(String version) {
        String home = System.getenv("JAVA" + version + "_HOME");
        if (home != null) {
            return Path.of(home, "bin", "java");
        }
        try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
            return homes.filter(path -> path.getFileName().toString().matches(".*\\b" + version + "\\b.*"))
                    .map(path -> path.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .sorted()
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("JDK " + version
                            + " not found (expected: under /usr/lib/jvm, or JAVA" + version + "_HOME)"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path nativeProvider(Path home) {
        Path folder = home.resolve("target/native");
        try (Stream<Path> jars = Files.list(folder)) {
            return jars.filter(path -> path.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalArgumentException("no jar in " + folder + " (expected: from the build)"))
                    .toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
