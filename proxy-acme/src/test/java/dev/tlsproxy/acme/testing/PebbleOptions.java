package dev.tlsproxy.acme.testing;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a {@link Pebble} behaves.
 *
 * @param nonceReject per cent of good nonces it refuses
 * @param authorizationReuse per cent of valid authorizations it reuses
 * @param alwaysValid whether it validates nothing
 * @param validity of its certificates
 * @param alternateRoots how many chains it offers beside the first
 * @param externalAccounts key id to base64url MAC key; registration needs one of them where there are any
 * @param blocked names (and those below) it signs for nobody
 */
public record PebbleOptions(
        int nonceReject,
        int authorizationReuse,
        boolean alwaysValid,
        Duration validity,
        int alternateRoots,
        Map<String, String> externalAccounts,
        List<String> blocked) {

    /** Half of all nonces refused, half of the authorizations reused, 90 days. */
    public static PebbleOptions defaults() {
        return new PebbleOptions(50, 50, false, Duration.ofDays(90), 0, Map.of(), List.of("blocked.example"));
    }

    public PebbleOptions nonceReject(int percent) {
        return new PebbleOptions(
                percent, authorizationReuse, alwaysValid, validity, alternateRoots, externalAccounts, blocked);
    }

    public PebbleOptions authorizationReuse(int percent) {
        return new PebbleOptions(
                nonceReject, percent, alwaysValid, validity, alternateRoots, externalAccounts, blocked);
    }

    public PebbleOptions alwaysValid(boolean value) {
        return new PebbleOptions(
                nonceReject, authorizationReuse, value, validity, alternateRoots, externalAccounts, blocked);
    }

    public PebbleOptions validity(Duration value) {
        return new PebbleOptions(
                nonceReject, authorizationReuse, alwaysValid, value, alternateRoots, externalAccounts, blocked);
    }

    public PebbleOptions alternateRoots(int count) {
        return new PebbleOptions(
                nonceReject, authorizationReuse, alwaysValid, validity, count, externalAccounts, blocked);
    }

    public PebbleOptions blocked(String name) {
        return new PebbleOptions(
                nonceReject,
                authorizationReuse,
                alwaysValid,
                validity,
                alternateRoots,
                externalAccounts,
                List.of(name));
    }

    public PebbleOptions externalAccount(String keyId, String macKey) {
        return new PebbleOptions(
                nonceReject, authorizationReuse, alwaysValid, validity, alternateRoots, Map.of(keyId, macKey), blocked);
    }

    Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PEBBLE_VA_NOSLEEP", "1");
        environment.put("PEBBLE_WFE_NONCEREJECT", Integer.toString(nonceReject));
        environment.put("PEBBLE_AUTHZREUSE", Integer.toString(authorizationReuse));
        environment.put("PEBBLE_ALTERNATE_ROOTS", Integer.toString(alternateRoots));
        if (alwaysValid) {
            environment.put("PEBBLE_VA_ALWAYS_VALID", "1");
        }
        return environment;
    }

    /** Fields an older Pebble does not know are ignored by it. */
    String config(String files, int port, int managementPort, int httpPort, int tlsPort) {
        String macKeys = externalAccounts.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\":\"" + entry.getValue() + "\"")
                .collect(java.util.stream.Collectors.joining(","));
        String blocklist =
                blocked.stream().map(name -> "\"" + name + "\"").collect(java.util.stream.Collectors.joining(","));
        return "{\"pebble\":{\"listenAddress\":\"127.0.0.1:" + port + "\",\"managementListenAddress\":\"127.0.0.1:"
                + managementPort + "\",\"certificate\":\"" + files + "/cert.pem\",\"privateKey\":\"" + files
                + "/key.pem\",\"httpPort\":" + httpPort + ",\"tlsPort\":" + tlsPort
                + ",\"ocspResponderURL\":\"\",\"externalAccountBindingRequired\":" + !externalAccounts.isEmpty()
                + ",\"externalAccountMACKeys\":{" + macKeys + "},\"domainBlocklist\":[" + blocklist
                + "],\"retryAfter\":{\"authz\":1,\"order\":1},\"keyAlgorithm\":\"ecdsa\""
                + ",\"profiles\":{\"default\":{\"description\":\"the default\",\"validityPeriod\":"
                + validity.toSeconds() + "},\"shortlived\":{\"description\":\"short\",\"validityPeriod\":518400}}"
                + ",\"certificateValidityPeriod\":" + validity.toSeconds() + "}}";
    }
}
