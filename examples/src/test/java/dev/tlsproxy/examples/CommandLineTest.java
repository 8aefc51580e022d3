package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandLineTest {

    @TempDir
    Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @ParameterizedTest
    @MethodSource
    void wrongArgumentGivesOneLineAndExitCode2(String arguments, String line) {
        assertThat(execute(arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString()).isEqualTo("tls-proxy: " + line + System.lineSeparator());
        assertThat(out.toString()).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }

    static Stream<Arguments> wrongArgumentGivesOneLineAndExitCode2() {
        String route = "run --route a.localhost=http://127.0.0.1:1 --store STORE ";
        return Stream.of(
                Arguments.of("run", "Missing required option: '--route=HOST[/PATH]=URI[,URI...]'"),
                Arguments.of("serve", "Unmatched argument at index 0: 'serve'"),
                Arguments.of(route + "--tsl 1.3", "Unknown options: '--tsl', '1.3'"),
                Arguments.of(route + "--https", "Missing required parameter for option '--https' (ADDRESS:PORT)"),
                Arguments.of(route + "--https 127.0.0.1:70000", "--https: port 70000 (expected: 0..65535)"),
                Arguments.of(
                        route + "--https 127.0.0.1",
                        "--https: \"127.0.0.1\" (expected: ADDRESS:PORT, [IPV6]:PORT or :PORT for all addresses)"),
                Arguments.of(
                        route + "--http ::1:80",
                        "--http: \"::1:80\" (expected: ADDRESS:PORT, [IPV6]:PORT or :PORT for all addresses)"),
                Arguments.of(route + "--no-http --http :80", "--http :80 cannot be combined with --no-http"),
                Arguments.of(route + "--tls 1.1", "--tls: \"1.1\" (expected: 1.2 or 1.3)"),
                Arguments.of(
                        route + "--route a.localhost=http://127.0.0.1:2",
                        "route \"a.localhost\" was already set to http://127.0.0.1:1"),
                Arguments.of(
                        route + "--route b.localhost", "--route: \"b.localhost\" (expected: HOST[/PATH]=URI[,URI...])"),
                Arguments.of(
                        route + "--route b.localhost=ftp://127.0.0.1",
                        "upstream: \"ftp://127.0.0.1\" (expected: http://HOST[:PORT][/BASE], or"
                                + " https://, h2c:// or h2:// in place of http://)"),
                Arguments.of(
                        route + "--route b.localhost=http://127.0.0.1:1,",
                        "upstream: \"\" (expected: http://HOST[:PORT][/BASE], or https://, h2c:// or h2:// in place of http://)"),
                Arguments.of(
                        route + "--certificate a.localhost=chain.pem",
                        "--certificate: \"a.localhost=chain.pem\" (expected: NAME=CHAIN.pem,KEY.pem)"),
                Arguments.of(
                        route + "--certificate a.localhost=no-such.pem,key.pem",
                        "certificate file no-such.pem does not exist (expected: a PEM file)"),
                Arguments.of(
                        route + "--upstream-ca ca.pem",
                        "--upstream-ca ca.pem (expected: a route with an https or h2 upstream)"),
                Arguments.of(
                        route + "--upstream-proxy-protocol v2", "--upstream-proxy-protocol: \"v2\" (expected: 1 or 2)"),
                Arguments.of(route + "--warm-up 0", "--warm-up: 0 (expected: 1..300 seconds)"),
                Arguments.of(route + "--warm-up 301", "--warm-up: 301 (expected: 1..300 seconds)"),
                Arguments.of(
                        route + "--acme letsencrpyt",
                        "--acme: \"letsencrpyt\" (expected: letsencrypt, letsencrypt-staging or"
                                + " https://HOST[:PORT]/PATH)"),
                Arguments.of(
                        route + "--acme http://ca.example/dir",
                        "--acme: \"http://ca.example/dir\" (expected: letsencrypt, letsencrypt-staging or"
                                + " https://HOST[:PORT]/PATH)"),
                Arguments.of(
                        route + "--acme-email a@example.com",
                        "--acme-email a@example.com (expected: --acme beside it, which names the CA)"),
                Arguments.of(
                        route + "--acme-trust ca.pem",
                        "--acme-trust ca.pem (expected: --acme beside it, which names the CA)"),
                Arguments.of(
                        route + "--acme-challenge auto",
                        "--acme-challenge auto (expected: --acme beside it, which names the CA)"),
                Arguments.of(
                        route + "--acme letsencrypt --acme-email nobody", "email: \"nobody\" (expected: NAME@DOMAIN)"),
                Arguments.of(
                        route + "--acme letsencrypt --acme-challenge dns-01",
                        "--acme-challenge: \"dns-01\" (expected: auto, http-01 or tls-alpn-01)"),
                Arguments.of(
                        route + "--acme letsencrypt-staging --acme-challenge http-01 --no-http",
                        "--acme-challenge http-01 cannot be combined with --no-http (the CA asks the HTTP listener)"),
                Arguments.of("demo --https 127.0.0.1:70000", "--https: port 70000 (expected: 0..65535)"));
    }

    @Test
    void needsACommand() {
        assertThat(execute()).isEqualTo(2);
        assertThat(err.toString())
                .isEqualTo(
                        "tls-proxy: no command (expected: demo or run; --help explains them)" + System.lineSeparator());
    }

    @Test
    void helpNamesEveryOption() {
        assertThat(execute("run", "--help")).isZero();
        assertThat(out.toString())
                .contains(List.of(
                        "--route",
                        "--https",
                        "--http",
                        "--no-http",
                        "--store",
                        "--certificate",
                        "--acme",
                        "--acme-email",
                        "--acme-trust",
                        "--acme-challenge",
                        "--tls",
                        "--require-pq",
                        "--trusted-proxy",
                        "--proxy-protocol",
                        "--upstream-ca",
                        "--upstream-proxy-protocol",
                        "--warm-up"));
        assertThat(execute("demo", "--help")).isZero();
        assertThat(execute("--version")).isZero();
        assertThat(err.toString()).isEmpty();
    }

    private int execute(String... arguments) {
        CommandLine commandLine = Main.commandLine(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        String store = directory.resolve("store").toString();
        return commandLine.execute(Stream.of(arguments)
                .map(argument -> argument.replace("STORE", store))
                .toArray(String[]::new));
    }
}
