package dev.tlsproxy.examples;

import dev.tlsproxy.ProxyStartException;
import dev.tlsproxy.TlsProxy;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * Start of the runnable jar. Exit codes: 0 ended by a signal, 1 could not start, 2 wrong argument. Each failure is one
 * line on standard error.
 */
public final class Main {

    private static final int CANNOT_START = 1;
    private static final int WRONG_ARGUMENT = 2;

    private Main() {}

    /**
     * Runs a command and ends the JVM with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        // Undertow logs through jboss-logging, which does not choose slf4j by itself unless logback is there.
        System.setProperty("org.jboss.logging.provider", "slf4j");
        JmxOnDemand.install();
        TlsProxy.prepare();
        // picocli would load what it converts to, java.sql too; no option here needs that.
        System.setProperty("picocli.converters.excludes", "java\\.(sql|time)\\..*");
        System.exit(commandLine(new PrintWriter(System.out, true, Charset.defaultCharset()), args)
                .execute(args));
    }

    /** With the command that the arguments begin with, or else with all of them: picocli takes its time for each. */
    static CommandLine commandLine(PrintWriter out, String... args) {
        String first = args.length == 0 ? "" : args[0];
        CommandLine commandLine = new CommandLine(new TlsProxyCommand());
        if (!first.equals("run")) {
            commandLine.addSubcommand(new DemoCommand(out));
        }
        if (!first.equals("demo")) {
            commandLine.addSubcommand(new RunCommand(out));
        }
        commandLine.setOut(out);
        commandLine.setExpandAtFiles(false);
        commandLine.setParameterExceptionHandler(
                (e, unused) -> fail(e.getCommandLine(), WRONG_ARGUMENT, String.valueOf(e.getMessage())));
        commandLine.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof UsageException) {
                return fail(command, WRONG_ARGUMENT, String.valueOf(e.getMessage()));
            }
            if (e instanceof ProxyStartException || e instanceof IOException) {
                return fail(command, CANNOT_START, String.valueOf(e.getMessage()));
            }
            throw e;
        });
        return commandLine;
    }

    private static int fail(CommandLine command, int exitCode, String message) {
        command.getErr().println("tls-proxy: " + message.replaceAll("\\R\\s*", " "));
        return exitCode;
    }

    @Command(
            name = "tls-proxy",
            description = "HTTPS in front of HTTP servers, with post-quantum key exchange.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            addMethodSubcommands = false)
    private static final class TlsProxyCommand implements Runnable {

        @Override
        public void run() {
            throw new UsageException("no command (expected: demo or run; --help explains them)");
        }
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"tls-proxy " + (version == null ? "(not packaged)" : version)};
        }
    }
}
