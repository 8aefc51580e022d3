package dev.tlsproxy.benchmarks.compare;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;

/** Starts the runnable jar's program with the arguments that stand in a file, one a line. */
final class ArgumentsFile {

    private ArgumentsFile() {}

    public static void main(String[] arguments) throws ReflectiveOperationException, java.io.IOException {
        String[] all = Files.readAllLines(Path.of(arguments[0])).toArray(String[]::new);
        // by its name: the jar is one of a run's choices, and this module is built without it
        Method main = Class.forName("dev.tlsproxy.examples.Main").getMethod("main", String[].class);
        main.setAccessible(true);
        main.invoke(null, (Object) all);
    }
}
