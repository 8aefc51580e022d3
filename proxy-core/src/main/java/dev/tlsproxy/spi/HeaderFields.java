package dev.tlsproxy.spi;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The header fields of one message (RFC 9110 section 6.3). Names are compared without regard to case. Not for use by
 * several threads at once.
 */
public interface HeaderFields {

    /**
     * The first field line of that name.
     *
     * @param name the field name
     * @return its value, or empty where there is no such field
     */
    Optional<String> first(String name);

    /**
     * All field lines of that name, in the order in which they came.
     *
     * @param name the field name
     * @return their values; empty where there is no such field
     */
    List<String> all(String name);

    /**
     * The names of all fields.
     *
     * @return the names as they came; a copy
     */
    Set<String> names();

    /**
     * Puts one field line in place of all of that name.
     *
     * @param name the field name, an RFC 9110 token
     * @param value the field value, without CR, LF and NUL
     * @throws IllegalArgumentException when name or value can't stand in a header, or when the proxy itself owns the
     *     field: message framing, {@code Connection} and other hop-by-hop fields
     */
    void set(String name, String value);

    /**
     * Adds a field line after those of that name.
     *
     * @param name the field name, an RFC 9110 token
     * @param value the field value, without CR, LF and NUL
     * @throws IllegalArgumentException as for {@link #set}
     */
    void add(String name, String value);

    /**
     * Removes all field lines of that name; does nothing where there is none.
     *
     * @param name the field name
     * @throws IllegalArgumentException when the proxy itself owns the field
     */
    void remove(String name);
}
