package dev.tlsproxy.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the documents show is what a compiler has seen and a command takes; the tests they name are there. */
class ReadmeTest {

    private static final Path README = Path.of("../README.md");
    private static final Path SOURCES = Path.of("src/test/java/dev/tlsproxy/examples");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EmbedExample",
                "AcmeExample",
                "WebSocketExample",
                "UpdateExample",
                "BalanceExample",
                "TrustExample"
            })
    void javaBlockIsACompiledOne(String example) throws IOException {
        String source = Files.readString(SOURCES.resolve(example + ".java"));
        String body =
                between("// begin\n", "        // end", source).stripTrailing().stripIndent();
        assertThat(Files.readString(README)).contains("```java\n" + body + "\n```");
    }

    @Test
    void everyJavaBlockIsOneOfThose() throws IOException {
        assertThat(Files.readString(README).split("```java", -1)).hasSize(7);
    }

    @Test
    void runOptionsExist() throws IOException {
        String help = new CommandLine(new RunCommand(new PrintWriter(System.out))).getUsageMessage();
        Matcher option = Pattern.compile("`?(--[a-z][a-z-]+)")
                .matcher(between("## Command line", "## ", Files.readString(README)));
        assertThat(option.results().map(result -> result.group(1)).distinct())
                .isNotEmpty()
                .allSatisfy(name -> assertThat(help).contains(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "README.md",
                "CONTRIBUTING.md",
                "docs/decisions.md",
                "docs/fuzzing.md",
                "docs/hostile-cases.md",
                "docs/http2.md",
                "docs/websocket.md",
                "docs/request-rules.md",
                "docs/response-rules.md",
                "docs/soak.md"
            })
    void everyTestThatADocumentNamesExists(String document) throws IOException {
        Map<String, Path> tests = tests();
        Matcher name = Pattern.compile("\\b([A-Z]\\w+(?:IT|Test))(?:\\.(\\w+))?`")
                .matcher(Files.readString(README.resolveSibling(document)));
        while (name.find()) {
            assertThat(tests).containsKey(name.group(1));
            if (name.group(2) != null) {
                assertThat(Files.readString(Objects.requireNonNull(tests.get(name.group(1)))))
                        .contains("void " + name.group(2) + "(");
            }
        }
    }

    private static Map<String, Path> tests() throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(".."))) {
            return all.filter(file -> file.toString().matches(".*/src/test/java/.*(IT|Test)\\.java"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""),
                            file -> file,
                            (one, two) -> one));
        }
    }

    private static String between(String begin, String end, String text) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }
}
