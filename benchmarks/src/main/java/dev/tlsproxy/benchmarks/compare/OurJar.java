package dev.tlsproxy.benchmarks.compare;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The runnable jar of {@code examples}.
 *
 * @param name for the table
 * @param java the program
 * @param jar the runnable jar
 * @param nativeProvider AmazonCorrettoCryptoProvider's jar; null to run without
 * @param jvmOptions such as those that start a profiler
 * @param hosts how many routes and certificates; from the second on they are {@code h1.bench.test} and so on
 */
record OurJar(String name, Path java, Path jar, @Nullable Path nativeProvider, List<String> jvmOptions, int hosts)
        implements Contender {

    private static final String WARM_UP_SECONDS = "20";

    @Override
    public boolean compilesWhileRunning() {
        return true;
    }

    /** The same with other routes and certificates. */
    OurJar withHosts(int count) {
        return new OurJar(name, java, jar, nativeProvider, jvmOptions, count);
    }

    OurJar named(String other) {
        return new OurJar(other, java, jar, nativeProvider, jvmOptions, hosts);
    }

    @Override
    public RunningProxy start(Scene scene, boolean pinned) {
        return start(scene, pinned, List.of());
    }

    @Override
    public RunningProxy startWarmedUp(Scene scene) {
        RunningProxy proxy = start(scene, true, List.of("--warm-up", WARM_UP_SECONDS));
        Launch.awaitLine(log(scene), "ready https=");
        return proxy;
    }

    private Path log(Scene scene) {
        return scene.peers().work().resolve(name.replace(' ', '-') + ".out");
    }

    private RunningProxy start(Scene scene, boolean pinned, List<String> more) {
        int port = Launch.freePort();
        List<String> command = new ArrayList<>(List.of(java.toString()));
        command.addAll(jvmOptions);
        command.add("-cp");
        command.add(classPath());
        Path work = scene.peers().work();
        List<String> arguments = arguments(scene, port);
        arguments.addAll(more);
        if (hosts == 1) {
            command.add("dev.tlsproxy.examples.Main");
            command.addAll(arguments);
        } else {
            // 100,000 of them are too many for a command line
            scene.peers().write("arguments-" + port, String.join("\n", arguments));
            command.add(ArgumentsFile.class.getName());
            command.add(work.resolve("arguments-" + port).toString());
        }
        return Launch.start(command, Launch.cores(pinned), port, log(scene));
    }

    private String classPath() {
        String path = nativeProvider == null ? jar.toString() : jar + File.pathSeparator + nativeProvider;
        return hosts == 1 ? path : path + File.pathSeparator + System.getProperty("java.class.path");
    }

    private List<String> arguments(Scene scene, int port) {
        List<String> arguments = new ArrayList<>(List.of("run", "--https", "127.0.0.1:" + port, "--no-http"));
        arguments.add("--store");
        arguments.add(scene.peers().work().resolve("store-" + port).toString());
        for (int i = 0; i < hosts; i++) {
            String host = i == 0 ? Scene.HOST : "h" + i + "." + Scene.HOST;
            arguments.addAll(List.of("--route", host + "=http://" + scene.plain()));
            arguments.addAll(List.of("--certificate", host + "=" + scene.chain() + "," + scene.key()));
        }
        arguments.addAll(List.of("--route", Scene.HOST + "/java=http://" + scene.java()));
        return arguments;
    }
}
