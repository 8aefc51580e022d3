package dev.tlsproxy.examples.deployer;

import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is deployed. For each service NAME the properties {@code NAME.domain}, {@code NAME.upstream} and, if it is served
 * as plain HTTP by somebody else, {@code NAME.use_tls_proxy=false}; for all {@code https.admin_email}.
 *
 * @param adminEmail the contact for a public CA
 * @param services the services, ordered by name
 */
public record Environment(String adminEmail, List<Service> services) {

    private static final Pattern KEY = Pattern.compile("(?<name>[a-z_]+)\\.(domain|upstream|use_tls_proxy)");

    /** Checks that the services are there. */
    public Environment {
        Objects.requireNonNull(adminEmail, "adminEmail");
        services = List.copyOf(services);
    }

    /**
     * One program behind the proxy.
     *
     * @param name such as {@code tracker}
     * @param domain the host name clients use
     * @param upstream where it listens
     * @param useTlsProxy whether the proxy stands in front of it
     */
    public record Service(String name, String domain, String upstream, boolean useTlsProxy) {}

    /**
     * Reads properties.
     *
     * @param properties the properties
     * @return the environment
     * @throws IllegalArgumentException when one is unknown or missing; names it
     */
    public static Environment from(Properties properties) {
        TreeSet<String> names = new TreeSet<>();
        for (String key : properties.stringPropertyNames()) {
            Matcher matcher = KEY.matcher(key);
            if (matcher.matches()) {
                names.add(matcher.group("name"));
            } else if (!key.equals("https.admin_email")) {
                throw new IllegalArgumentException("property " + key
                        + " (expected: https.admin_email, NAME.domain, NAME.upstream or NAME.use_tls_proxy)");
            }
        }
        List<Service> services = names.stream()
                .map(name -> new Service(
                        name,
                        required(properties, name + ".domain"),
                        required(properties, name + ".upstream"),
                        flag(properties, name + ".use_tls_proxy")))
                .toList();
        return new Environment(required(properties, "https.admin_email"), services);
    }

    /**
     * The services the proxy stands in front of.
     *
     * @return an immutable list
     */
    public List<Service> proxied() {
        return services.stream().filter(Service::useTlsProxy).toList();
    }

    private static String required(Properties properties, String key) {
        String value = properties.getProperty(key, "").trim();
        if (value.isEmpty()) {
            throw new IllegalArgumentException("property " + key + " is missing");
        }
        return value;
    }

    private static boolean flag(Properties properties, String key) {
        String value = properties.getProperty(key, "true").trim();
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw new IllegalArgumentException("property " + key + ": \"" + value + "\" (expected: true or false)");
        };
    }
}
