package dev.tlsproxy.examples.demo;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A query, read as trackers read it: percent-decoded to bytes and not to text, {@code +} stands for itself, and each part
 * between two {@code &} holds exactly one {@code =}.
 */
final class RawQuery {

    /** The value holds one char for each byte. */
    private record Parameter(String name, String value) {}

    private final List<Parameter> parameters;

    private RawQuery(List<Parameter> parameters) {
        this.parameters = parameters;
    }

    static RawQuery parse(String query) throws Refusal {
        List<Parameter> parameters = new ArrayList<>();
        if (!query.isEmpty()) {
            for (String part : query.split("&", -1)) {
                int equals = part.indexOf('=');
                if (equals < 0 || equals != part.lastIndexOf('=')) {
                    throw new Refusal("malformed query: a part without exactly one \"=\"");
                }
                parameters.add(new Parameter(part.substring(0, equals), decoded(part.substring(equals + 1))));
            }
        }
        return new RawQuery(parameters);
    }

    List<InfoHash> infoHashes() throws Refusal {
        List<InfoHash> hashes = new ArrayList<>();
        for (Parameter parameter : parameters) {
            if (parameter.name().equals("info_hash")) {
                hashes.add(InfoHash.of(parameter.value().getBytes(StandardCharsets.ISO_8859_1)));
            }
        }
        return hashes;
    }

    Optional<byte[]> bytes(String name) {
        return text(name).map(value -> value.getBytes(StandardCharsets.ISO_8859_1));
    }

    Optional<String> text(String name) {
        return parameters.stream()
                .filter(parameter -> parameter.name().equals(name))
                .map(Parameter::value)
                .findFirst();
    }

    /** A whole number from 0 to max; the fallback where the parameter is not there. */
    long number(String name, long max, long fallback) throws Refusal {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return fallback;
        }
        if (!text.get().matches("[0-9]{1,18}") || Long.parseLong(text.get()) > max) {
            throw new Refusal("invalid param " + name + " (expected: 0.." + max + ")");
        }
        return Long.parseLong(text.get());
    }

    private static String decoded(String value) throws Refusal {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c != '%') {
                bytes.write(c);
                continue;
            }
            bytes.write(escaped(value, i + 1));
            i += 2;
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private static int escaped(String value, int at) throws Refusal {
        int high = at + 1 < value.length() ? Character.digit(value.charAt(at), 16) : -1;
        int low = at + 1 < value.length() ? Character.digit(value.charAt(at + 1), 16) : -1;
        if (high < 0 || low < 0) {
            throw new Refusal("malformed query: \"%\" without two hexadecimal digits");
        }
        return high << 4 | low;
    }
}
