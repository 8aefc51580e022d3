package dev.tlsproxy.benchmarks.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The command line. */
final class Options {

    static final String USAGE = """
            benchmarks/compare [OPTION]...
              --only ROW,...       these rows alone (see README.md)
              --quick              two short rounds after a short warm-up: a look, no result
              --jar FILE           the runnable jar; repeat it to compare builds with each other. Default: the one just built
              --proxies NAME,...   of nginx,haproxy,caddy,ours; nginx is always there. Default: all
              --jdk VERSION,...    of 17,25. Default: both, from JAVA17_HOME and JAVA25_HOME or /usr/lib/jvm
              --native WHICH       without, with or both: AmazonCorrettoCryptoProvider on the class path. Default: both
              --rounds N           default 5
              --seconds N          of one measurement; default 4
              --warm-up N          seconds of CPU time, for JVMs; default 60
              --java-option X      for our JVMs; repeatable
              --peers DIR          a root that benchmarks/peers made. Default: TLSPROXY_BENCH_PEERS or /var/cache/tlsproxy-bench
              --no-build           takes the jars as they are
            """;

    Path home = Path.of("benchmarks");
    Path peers = Path.of("/var/cache/tlsproxy-bench");
    final List<Path> jars = new ArrayList<>();
    Set<String> rows = Set.of();
    Set<String> proxies = Set.of("haproxy", "caddy", "ours");
    Set<String> jdks = Set.of("17", "25");
    String nativeProvider = "both";
    final List<String> javaOptions = new ArrayList<>();
    int rounds = 5;
    int seconds = 4;
    int warmUpSeconds = 60;

    static Options parse(String... arguments) {
        Options options = new Options();
        Iterator<String> words = Arrays.asList(arguments).iterator();
        while (words.hasNext()) {
            options.take(words.next(), words);
        }
        return options;
    }

    private void take(String option, Iterator<String> words) {
        switch (option) {
            case "--quick" -> {
                rounds = 2;
                seconds = 2;
                warmUpSeconds = 10;
            }
            case "--no-build" -> {}
            case "--home" -> home = Path.of(value(option, words));
            case "--peers" -> peers = Path.of(value(option, words));
            case "--jar" -> jars.add(Path.of(value(option, words)));
            case "--only" -> rows = set(value(option, words));
            case "--proxies" -> proxies = set(value(option, words));
            case "--jdk" -> jdks = set(value(option, words));
            case "--native" -> nativeProvider = value(option, words);
            case "--java-option" -> javaOptions.add(value(option, words));
            case "--rounds" -> rounds = Integer.parseInt(value(option, words));
            case "--seconds" -> seconds = Integer.parseInt(value(option, words));
            case "--warm-up" -> warmUpSeconds = Integer.parseInt(value(option, words));
            default -> throw new IllegalArgumentException("\"" + option + "\" is no option\n" + USAGE);
        }
    }

    private static String value(String option, Iterator<String> words) {
        if (!words.hasNext()) {
            throw new IllegalArgumentException(option + " wants a value\n" + USAGE);
        }
        return words.next();
    }

    private static Set<String> set(String list) {
        return new LinkedHashSet<>(List.of(list.split(",")));
    }

    /** The runnable jars. */
    List<Path> runnableJars() {
        return jars.isEmpty()
                ? List.of(home.resolve("../examples/target/tls-proxy.jar").normalize())
                : jars;
    }
}
