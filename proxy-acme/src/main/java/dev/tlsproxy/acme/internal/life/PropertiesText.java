package dev.tlsproxy.acme.internal.life;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Small maps as text in the format of {@link Properties}, sorted and without its date. */
final class PropertiesText {

    private PropertiesText() {}

    static byte[] write(Map<String, String> values) {
        Properties properties = new Properties();
        properties.putAll(values);
        StringWriter text = new StringWriter();
        try {
            properties.store(text, null);
        } catch (IOException e) {
            throw new IllegalStateException("a string can't be written to", e);
        }
        return text.toString()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .sorted()
                .collect(Collectors.joining("\n", "", "\n"))
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads it back.
     *
     * @throws IllegalArgumentException when it is no such text
     */
    static Map<String, String> read(byte[] content) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString()));
        } catch (IOException e) {
            throw new IllegalArgumentException("no text of properties: " + e.getMessage(), e);
        }
        Map<String, String> values = new TreeMap<>();
        properties.forEach((key, value) -> values.put((String) key, (String) value));
        return values;
    }
}
