package dev.tlsproxy.examples.demo;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Who announces, as a tracker behind one reverse proxy knows it: the right-most address in X-Forwarded-For. */
final class ClientAddress {

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!$)|$)){4}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*");

    private ClientAddress() {}

    static InetAddress of(@Nullable Collection<String> forwardedFor) throws Refusal {
        List<String> entries = new ArrayList<>();
        if (forwardedFor != null) {
            forwardedFor.forEach(line -> entries.addAll(List.of(line.split(","))));
        }
        for (int i = entries.size() - 1; i >= 0; i--) {
            Optional<InetAddress> address = parse(entries.get(i).trim());
            if (address.isPresent()) {
                return address.get();
            }
        }
        throw new Refusal("missing or invalid the right most X-Forwarded-For IP");
    }

    /** Never asks the DNS: only what looks like a literal is given to the JDK. */
    private static Optional<InetAddress> parse(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }
}
