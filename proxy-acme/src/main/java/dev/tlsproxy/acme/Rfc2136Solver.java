package dev.tlsproxy.acme;

import dev.tlsproxy.acme.internal.dns.DynamicZone;
import dev.tlsproxy.acme.internal.dns.DynamicZone.Authority;
import dev.tlsproxy.acme.internal.dns.ServerAddress;
import dev.tlsproxy.acme.internal.dns.TsigKey;
import dev.tlsproxy.acme.internal.order.Pause;
import dev.tlsproxy.acme.spi.ChallengeSolver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * dns-01 by DNS dynamic update (RFC 2136), as BIND, Knot DNS, PowerDNS and others take it, signed with TSIG (RFC 8945).
 * Immutable: each method returns a new value. Safe for use by several threads.
 *
 * <p>Adds one TXT record beside those that are there, with a time to live of 60 s, and removes exactly that one.
 */
public final class Rfc2136Solver implements ChallengeSolver {

    private static final Duration POLL = Duration.ofSeconds(2);

    private final ServerAddress server;
    private final Optional<String> zone;
    private final Optional<TsigKey> key;
    private final List<ServerAddress> checkedAt;
    private final LongSupplier nanoTime;
    private final Pause pause;

    private Rfc2136Solver(
            ServerAddress server,
            Optional<String> zone,
            Optional<TsigKey> key,
            List<ServerAddress> checkedAt,
            LongSupplier nanoTime,
            Pause pause) {
        this.server = server;
        this.zone = zone;
        this.key = key;
        this.checkedAt = List.copyOf(checkedAt);
        this.nanoTime = nanoTime;
        this.pause = pause;
    }

    /**
     * A solver that asks the server for the zone of each record (by its SOA record).
     *
     * @param server the zones' primary server, {@code HOST[:PORT]} or {@code [IPV6][:PORT]}; port 53 by default
     * @return a solver that does not sign
     * @throws IllegalArgumentException when the server has another form
     */
    public static Rfc2136Solver of(String server) {
        return of(server, Optional.empty());
    }

    /**
     * A solver for one zone.
     *
     * @param server the zone's primary server, {@code HOST[:PORT]} or {@code [IPV6][:PORT]}; port 53 by default
     * @param zone the zone, such as {@code example.com}; every record must lie in it
     * @return a solver that does not sign
     * @throws IllegalArgumentException when the server has another form, or the zone is empty
     */
    public static Rfc2136Solver of(String server, String zone) {
        if (zone.isBlank()) {
            throw new IllegalArgumentException("zone: \"" + zone + "\" (expected: a domain name)");
        }
        return of(server, Optional.of(zone));
    }

    private static Rfc2136Solver of(String server, Optional<String> zone) {
        return new Rfc2136Solver(
                ServerAddress.parse(server), zone, Optional.empty(), List.of(), System::nanoTime, Pause.SLEEP);
    }

    /**
     * Signs what is sent to the server, and accepts its answers only when they are signed with the same key.
     *
     * @param name the key's name, as the server knows it
     * @param algorithm {@code hmac-sha256} or {@code hmac-sha512}
     * @param base64 the secret, as {@code tsig-keygen} prints it; is in no message and no log
     * @return a solver that signs
     * @throws IllegalArgumentException when a part is not that
     */
    public Rfc2136Solver tsig(String name, String algorithm, String base64) {
        return new Rfc2136Solver(
                server, zone, Optional.of(TsigKey.of(name, algorithm, base64)), checkedAt, nanoTime, pause);
    }

    /**
     * Names the servers that must give a record out before the CA is told to look. Without this the zone's NS records are
     * asked for, each on port 53; useful where those can't be reached from here.
     *
     * @param servers each {@code HOST[:PORT]} or {@code [IPV6][:PORT]}; at least one
     * @return a solver that asks these
     * @throws IllegalArgumentException when a server has another form, or there is none
     */
    public Rfc2136Solver checkedAt(String... servers) {
        if (servers.length == 0) {
            throw new IllegalArgumentException("checkedAt: no server (expected: one at least)");
        }
        List<ServerAddress> addresses =
                Arrays.stream(servers).map(ServerAddress::parse).toList();
        return new Rfc2136Solver(server, zone, key, addresses, nanoTime, pause);
    }

    /** For tests: another clock. */
    Rfc2136Solver time(LongSupplier otherNanoTime, Pause otherPause) {
        return new Rfc2136Solver(server, zone, key, checkedAt, otherNanoTime, otherPause);
    }

    @Override
    public void present(String recordName, String value) throws IOException, InterruptedException {
        zoneOf(recordName).add(recordName, value);
    }

    /**
     * Waits until every authoritative server that answers gives the record out, asking every 2 s; one at least must. A
     * record that is slow to appear to us is slow for the CA too, which asks once and then calls the order invalid.
     */
    @Override
    public void await(String recordName, String value, Duration timeout) throws IOException, InterruptedException {
        Objects.requireNonNull(timeout, "timeout");
        long start = nanoTime.getAsLong();
        DynamicZone found = zoneOf(recordName);
        List<Authority> authorities = authorities(found);
        while (true) {
            Optional<String> missing = missing(found, authorities, recordName, value);
            if (missing.isEmpty()) {
                return;
            }
            Duration left = timeout.minusNanos(nanoTime.getAsLong() - start);
            if (left.isNegative() || left.isZero()) {
                throw new IOException("TXT " + recordName + " is not given out after " + timeout.toSeconds() + " s: "
                        + missing.get());
            }
            pause.of(left.compareTo(POLL) < 0 ? left : POLL);
        }
    }

    @Override
    public void cleanUp(String recordName, String value) throws IOException, InterruptedException {
        zoneOf(recordName).remove(recordName, value);
    }

    private DynamicZone zoneOf(String recordName) throws IOException, InterruptedException {
        return DynamicZone.of(server, zone, key, recordName);
    }

    private List<Authority> authorities(DynamicZone found) throws IOException, InterruptedException {
        if (checkedAt.isEmpty()) {
            return found.authorities();
        }
        List<Authority> authorities = new ArrayList<>();
        for (ServerAddress address : checkedAt) {
            authorities.add(found.authority(address));
        }
        return authorities;
    }

    private static Optional<String> missing(
            DynamicZone zone, List<Authority> authorities, String recordName, String value)
            throws IOException, InterruptedException {
        boolean given = false;
        List<String> silent = new ArrayList<>();
        for (Authority authority : authorities) {
            Optional<Boolean> answer = zone.givesOut(authority, recordName, value);
            if (answer.isEmpty()) {
                silent.add(authority.name());
            } else if (!answer.get()) {
                return Optional.of(
                        "name server " + authority.name() + " of zone " + zone
                                + " does not have it (expected: a secondary follows within the wait; look at its zone transfers)");
            } else {
                given = true;
            }
        }
        return given
                ? Optional.empty()
                : Optional.of("none of " + silent + ", the name servers of zone " + zone
                        + ", answers (expected: reachable from here; else name others with checkedAt)");
    }

    /** Server, zone and the name of the key. */
    @Override
    public String toString() {
        return "Rfc2136Solver[" + server + zone.map(name -> ", zone " + name).orElse("")
                + key.map(tsig -> ", TSIG key " + tsig).orElse("") + "]";
    }
}
