package dev.tlsproxy.spi;

import java.util.Objects;
import java.util.regex.Pattern;

/** The rules for the documents of a {@link CertificateStore}. */
final class DocumentPath {

    private static final Pattern SEGMENTS =
            Pattern.compile("(?!\\.{1,2}(/|$))[A-Za-z0-9._*-]+(/(?!\\.{1,2}(/|$))[A-Za-z0-9._*-]+){0,5}");
    private static final int MAX_CONTENT = 1024 * 1024;

    private DocumentPath() {}

    static String checked(String path) {
        Objects.requireNonNull(path, "document");
        if (!SEGMENTS.matcher(path).matches()) {
            throw new IllegalArgumentException(
                    "document: \"" + path + "\" (expected: 1..6 segments of [A-Za-z0-9._*-], none of them . or ..)");
        }
        return path;
    }

    static byte[] checkedContent(String path, byte[] content) {
        if (content.length > MAX_CONTENT) {
            throw new IllegalArgumentException(
                    "document \"" + path + "\": " + content.length + " bytes (expected: at most " + MAX_CONTENT + ")");
        }
        return content.clone();
    }
}
