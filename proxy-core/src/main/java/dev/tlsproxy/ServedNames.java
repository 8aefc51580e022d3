package dev.tlsproxy;

import dev.tlsproxy.internal.names.HostName;
import dev.tlsproxy.internal.names.HostPattern;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The host patterns of all routes, by who gets their certificate. Each is in one set only.
 *
 * @param given certificates the user gave
 * @param managed those the certificate manager gets from a public CA
 * @param local those the local CA signs
 */
record ServedNames(Set<String> given, Set<String> managed, Set<String> local) {

    static ServedNames of(Serving serving, boolean anyManager) {
        Set<String> given = new LinkedHashSet<>(serving.certificates().keySet());
        Set<String> managed = new LinkedHashSet<>();
        Set<String> local = new LinkedHashSet<>();
        for (Route route : serving.routes().values()) {
            String name = route.host().text();
            if (route.host().kind() == HostPattern.Kind.DEFAULT || isGiven(given, name)) {
                continue;
            }
            boolean publicName = anyManager && !HostName.isLocal(name);
            (publicName ? managed : local).add(name);
        }
        return new ServedNames(unmodifiable(given), unmodifiable(managed), unmodifiable(local));
    }

    /** All of them. */
    Set<String> all() {
        Set<String> all = new LinkedHashSet<>(given);
        all.addAll(managed);
        all.addAll(local);
        return all;
    }

    private static boolean isGiven(Set<String> given, String name) {
        return given.contains(name)
                || HostPattern.wildcardOf(name).filter(given::contains).isPresent();
    }

    private static Set<String> unmodifiable(Set<String> names) {
        return Collections.unmodifiableSet(names);
    }
}
