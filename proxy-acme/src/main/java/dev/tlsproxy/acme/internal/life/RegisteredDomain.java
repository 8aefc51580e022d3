package dev.tlsproxy.acme.internal.life;

import java.util.List;
import java.util.Set;

/**
 * What a CA may count a name under, by a simple rule: the last two labels, or three where the last is a country's and the one
 * before it is short or means "company", "network" and so on ({@code example.co.uk}). The public suffix list knows more: names
 * below a provider's suffix ({@code github.io}) are counted together here and apart by the CA, so the ledger may hold back an
 * order too many; below a suffix of more labels than two that this rule does not know, it counts together what the CA counts
 * apart. An address counts for itself.
 */
final class RegisteredDomain {

    private static final Set<String> SECOND_LEVEL =
            Set.of("com", "net", "org", "gov", "edu", "mil", "info", "gob", "gouv", "nom", "asso", "firm", "govt");

    private RegisteredDomain() {}

    static String of(String name) {
        String host = name.startsWith("*.") ? name.substring(2) : name;
        List<String> labels = List.of(host.split("\\.", -1));
        String last = labels.get(labels.size() - 1);
        if (host.indexOf(':') >= 0 || labels.size() < 3 || last.chars().allMatch(Character::isDigit)) {
            return host;
        }
        String second = labels.get(labels.size() - 2);
        boolean three = last.length() == 2 && (second.length() <= 2 || SECOND_LEVEL.contains(second));
        return String.join(".", labels.subList(labels.size() - (three ? 3 : 2), labels.size()));
    }
}
