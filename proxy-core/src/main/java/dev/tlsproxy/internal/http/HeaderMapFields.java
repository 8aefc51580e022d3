package dev.tlsproxy.internal.http;

import dev.tlsproxy.spi.HeaderFields;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A HeaderMap as filters see it. */
final class HeaderMapFields implements HeaderFields {

    private final HeaderMap map;

    HeaderMapFields(HeaderMap map) {
        this.map = map;
    }

    @Override
    public Optional<String> first(String name) {
        return Optional.ofNullable(map.getFirst(name));
    }

    @Override
    public List<String> all(String name) {
        HeaderValues values = map.get(name);
        return values == null ? List.of() : List.copyOf(values);
    }

    @Override
    public Set<String> names() {
        Set<String> names = new LinkedHashSet<>();
        map.getHeaderNames().forEach(name -> names.add(name.toString()));
        return names;
    }

    @Override
    public void set(String name, String value) {
        map.put(changeable(name), checked(name, value));
    }

    @Override
    public void add(String name, String value) {
        HttpString field = changeable(name);
        if (field.equals(Headers.HOST) && map.contains(field)) {
            throw new IllegalArgumentException("field name: \"" + name + "\" (expected: a field that may repeat)");
        }
        map.add(field, checked(name, value));
    }

    @Override
    public void remove(String name) {
        HttpString field = changeable(name);
        if (field.equals(Headers.HOST)) {
            throw owned(name);
        }
        map.remove(field);
    }

    private static HttpString changeable(String name) {
        if (!FieldRules.isToken(name)) {
            throw new IllegalArgumentException("field name: \"" + name + "\" (expected: an RFC 9110 token)");
        }
        HttpString field = new HttpString(name);
        if (HopHeaders.isOwned(field)) {
            throw owned(name);
        }
        return field;
    }

    private static String checked(String name, String value) {
        if (!FieldRules.isValue(value, false)) {
            // The value may be a secret: it stays out of the message.
            throw new IllegalArgumentException(
                    "value of field \"" + name + "\" (expected: Latin-1 text without CR, LF and NUL)");
        }
        return value;
    }

    private static IllegalArgumentException owned(String name) {
        return new IllegalArgumentException(
                "field name: \"" + name + "\" (expected: a field that the proxy itself does not own)");
    }
}
