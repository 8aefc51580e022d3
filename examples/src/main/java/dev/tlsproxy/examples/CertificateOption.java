package dev.tlsproxy.examples;

import dev.tlsproxy.TlsProxyBuilder;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads {@code --certificate NAME=CHAIN.pem,KEY.pem}. */
final class CertificateOption {

    private static final Pattern FORM = Pattern.compile("(?<name>[^=]+)=(?<chain>[^,]+),(?<key>[^,]+)");

    private CertificateOption() {}

    /**
     * Adds a certificate.
     *
     * @param builder where to
     * @param text the value of the option
     * @throws UsageException when it has another form
     */
    static void addTo(TlsProxyBuilder builder, String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new UsageException("--certificate: \"" + text + "\" (expected: NAME=CHAIN.pem,KEY.pem)");
        }
        builder.certificate(matcher.group("name"), Path.of(matcher.group("chain")), Path.of(matcher.group("key")));
    }
}
