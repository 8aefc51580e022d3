package dev.tlsproxy.spi;

import java.util.Objects;
import java.util.regex.Pattern;

/** The rules for the documents and locks of a {@link CertificateStore}, for those who write one. */
public final class DocumentPath {

    private static final Pattern SEGMENTS =
            Pattern.compile("(?!\\.{1,2}(/|$))[A-Za-z0-9._*-]+(/(?!\\.{1,2}(/|$))[A-Za-z0-9._*-]+){0,5}");
    private static final int MAX_CONTENT = 1024 * 1024;

    private DocumentPath() {}

    /**
     * Checks a path.
     *
     * @param path 1 to 6 segments of {@code [A-Za-z0-9._*-]}, none of them {@code .} or {@code ..}
     * @return the path
     * @throws IllegalArgumentException when it is no such path
     */
    public static String checked(String path) {
        Objects.requireNonNull(path, "document");
        if (!SEGMENTS.matcher(path).matches()) {
            throw new IllegalArgumentException(
                    "document: \"" + path + "\" (expected: 1..6 segments of [A-Za-z0-9._*-], none of them . or ..)");
        }
        return path;
    }

    /**
     * Checks a document's content.
     *
     * @param path names it in the message
     * @param content at most 1 MiB
     * @return a copy
     * @throws IllegalArgumentException when it is larger
     */
    public static byte[] checkedContent(String path, byte[] content) {
        if (content.length > MAX_CONTENT) {
            throw new IllegalArgumentException(
                    "document \"" + path + "\": " + content.length + " bytes (expected: at most " + MAX_CONTENT + ")");
        }
        return content.clone();
    }
}
