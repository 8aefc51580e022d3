package dev.tlsproxy.internal.tls;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The named groups of TLS (IANA registry "TLS Supported Groups") that this proxy knows by name. */
final class NamedGroups {

    static final int SECP256R1 = 0x0017;
    static final int SECP384R1 = 0x0018;
    static final int SECP521R1 = 0x0019;
    static final int X25519 = 0x001D;
    static final int X448 = 0x001E;
    static final int X25519MLKEM768 = 0x11EC;

    static final String HYBRID = "X25519MLKEM768";

    private static final Map<Integer, String> NAMES = Map.of(
            SECP256R1,
            "secp256r1",
            SECP384R1,
            "secp384r1",
            SECP521R1,
            "secp521r1",
            X25519,
            "x25519",
            X448,
            "x448",
            0x11EB,
            "SecP256r1MLKEM768",
            X25519MLKEM768,
            HYBRID,
            0x11ED,
            "SecP384r1MLKEM1024");

    /**
     * What is offered and accepted, in the order of preference. Both secp groups must stay in every list: bctls 1.84 ties
     * the ECDSA signature schemes to the named groups, so without them no EC certificate can be shown.
     */
    static final List<Integer> PREFERENCE = List.of(X25519MLKEM768, X25519, SECP256R1, SECP384R1);

    private NamedGroups() {}

    static Optional<String> nameOf(int group) {
        return Optional.ofNullable(NAMES.get(group));
    }

    /** One group and, behind it, the curves that EC certificates are tied to, under IANA names. */
    static String[] withCurvesOfKeys(int first) {
        return IntStream.of(first, SECP256R1, SECP384R1)
                .distinct()
                .mapToObj(group -> nameOf(group).orElseThrow())
                .toArray(String[]::new);
    }

    /** The preference list under IANA names with one group moved to the front. */
    static String[] preferenceWithFirst(int first) {
        String[] names = new String[PREFERENCE.size()];
        names[0] = nameOf(first).orElseThrow();
        int next = 1;
        for (int group : PREFERENCE) {
            if (group != first) {
                names[next++] = nameOf(group).orElseThrow();
            }
        }
        return names;
    }
}
