package dev.tlsproxy.acme.internal.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TSIGRecord;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.Update;

/** TXT records of one zone on the server that takes its updates (RFC 2136). Immutable; methods block. */
public final class DynamicZone {

    private static final long TTL_SECONDS = 60;

    private final ServerAddress server;
    private final Optional<TsigKey> key;
    private final Name zone;
    private final DnsClient client;
    private final DnsClient poller = new DnsClient(Duration.ofSeconds(2), 1);

    private DynamicZone(ServerAddress server, Optional<TsigKey> key, Name zone, DnsClient client) {
        this.server = server;
        this.key = key;
        this.zone = zone;
        this.client = client;
    }

    /**
     * The zone that a record is in.
     *
     * @param server takes updates
     * @param zone its name; where empty, the server is asked
     * @param key signs what is sent to the server
     * @param recordName the record
     * @return the zone
     * @throws IOException when the server can't be asked, or has no zone for it
     * @throws InterruptedException when interrupted
     */
    public static DynamicZone of(ServerAddress server, Optional<String> zone, Optional<TsigKey> key, String recordName)
            throws IOException, InterruptedException {
        DnsClient client = new DnsClient(Duration.ofSeconds(3), 3);
        if (zone.isPresent()) {
            return new DynamicZone(server, key, name(zone.get()), client);
        }
        Name record = name(recordName);
        // the last label is the top-level domain's, which nobody updates
        for (Name candidate = record; candidate.labels() > 2; candidate = new Name(candidate, 1)) {
            Message answer =
                    ask(client, server, key, Message.newQuery(question(candidate, Type.SOA)), "SOA of " + candidate);
            Optional<Name> owner = soaOwner(answer).filter(record::subdomain);
            if (owner.isPresent()) {
                return new DynamicZone(server, key, owner.get(), client);
            }
        }
        throw new IOException("name server " + server + " has no zone for " + recordName
                + " (expected: an SOA record of it or a parent; name the zone, or the zone's primary server)");
    }

    /** Reads a domain name. */
    static Name name(String text) throws TextParseException {
        return Name.fromString(text, Name.root);
    }

    /** In the answer where the name is the zone's own, in the authority section where it lies below (RFC 2308). */
    private static Optional<Name> soaOwner(Message answer) {
        List<Record> records = new ArrayList<>(answer.getSection(Section.ANSWER));
        records.addAll(answer.getSection(Section.AUTHORITY));
        return records.stream()
                .filter(record -> record.getType() == Type.SOA)
                .map(Record::getName)
                .findFirst();
    }

    /**
     * Adds a TXT record beside those of that name.
     *
     * @param recordName the name
     * @param value the value
     * @throws IOException when the server refuses or does not answer
     * @throws InterruptedException when interrupted
     */
    public void add(String recordName, String value) throws IOException, InterruptedException {
        Update update = new Update(zone);
        update.add(txt(recordName, value));
        send(update, "adding TXT " + recordName);
    }

    /**
     * Removes one TXT record; that it is not there is no failure.
     *
     * @param recordName the name
     * @param value the value
     * @throws IOException when the server refuses or does not answer
     * @throws InterruptedException when interrupted
     */
    public void remove(String recordName, String value) throws IOException, InterruptedException {
        Update update = new Update(zone);
        update.delete(txt(recordName, value));
        send(update, "removing TXT " + recordName);
    }

    private static TXTRecord txt(String recordName, String value) throws TextParseException {
        return new TXTRecord(name(recordName), DClass.IN, TTL_SECONDS, value);
    }

    private void send(Update update, String what) throws IOException, InterruptedException {
        Message answer = ask(client, server, key, update, what + " in zone " + zone);
        if (answer.getRcode() != Rcode.NOERROR) {
            throw new IOException(
                    what + " in zone " + zone + ": name server " + server + " answered " + problem(answer));
        }
    }

    private String problem(Message answer) {
        TSIGRecord signature = answer.getTSIG();
        String keyName = key.map(TsigKey::toString).orElse("none");
        if (signature != null && signature.getError() != Rcode.NOERROR) {
            return Rcode.string(answer.getRcode()) + ", " + Rcode.TSIGstring(signature.getError()) + " for TSIG key \""
                    + keyName + "\" (expected: name, algorithm and secret as on the server, and equal clocks)";
        }
        return Rcode.string(answer.getRcode()) + " (expected: a zone of this server in which TSIG key \"" + keyName
                + "\" may update this record)";
    }

    /**
     * The servers that give the zone out, by its NS records.
     *
     * @return each with its addresses; the server that takes updates alone, where it tells none whose address is known
     * @throws IOException when it can't be asked
     * @throws InterruptedException when interrupted
     */
    public List<Authority> authorities() throws IOException, InterruptedException {
        Message answer = ask(client, server, key, Message.newQuery(question(zone, Type.NS)), "NS of " + zone);
        List<Authority> found = new ArrayList<>();
        for (Record record : answer.getSection(Section.ANSWER)) {
            if (record instanceof NSRecord ns) {
                List<InetSocketAddress> addresses = addresses(ns.getTarget(), answer);
                if (!addresses.isEmpty()) {
                    found.add(new Authority(ns.getTarget().toString(true), addresses, Optional.empty()));
                }
            }
        }
        return found.isEmpty() ? List.of(authority(server)) : List.copyOf(found);
    }

    private static List<InetSocketAddress> addresses(Name host, Message answer) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (Record record : answer.getSection(Section.ADDITIONAL)) {
            if (record.getName().equals(host) && record instanceof ARecord a) {
                addresses.add(new InetSocketAddress(a.getAddress(), ServerAddress.DNS_PORT));
            } else if (record.getName().equals(host) && record instanceof AAAARecord aaaa) {
                addresses.add(new InetSocketAddress(aaaa.getAddress(), ServerAddress.DNS_PORT));
            }
        }
        if (addresses.isEmpty()) {
            try {
                for (InetAddress address : InetAddress.getAllByName(host.toString(true))) {
                    addresses.add(new InetSocketAddress(address, ServerAddress.DNS_PORT));
                }
            } catch (UnknownHostException e) {
                return List.of();
            }
        }
        return addresses;
    }

    /**
     * A server given by the user.
     *
     * @param address where it is
     * @return it, to be asked with our key where it is the one that takes updates
     * @throws IOException when its host is unknown
     */
    public Authority authority(ServerAddress address) throws IOException {
        return new Authority(
                address.toString(), List.of(resolved(address)), address.equals(server) ? key : Optional.empty());
    }

    /**
     * Asks one server for a TXT record.
     *
     * @param authority the server
     * @param recordName the name
     * @param value the value
     * @return whether it gives the record out; empty where it does not answer
     * @throws IOException when the name is no domain name
     * @throws InterruptedException when interrupted
     */
    public Optional<Boolean> givesOut(Authority authority, String recordName, String value)
            throws IOException, InterruptedException {
        Name name = name(recordName);
        for (InetSocketAddress address : authority.addresses()) {
            Message query = Message.newQuery(question(name, Type.TXT));
            query.getHeader().unsetFlag(Flags.RD);
            try {
                return Optional.of(holds(poller.ask(address, query, authority.key()), value));
            } catch (IOException e) {
                // no IPv6 here, or a firewall: the next address, else silent
            }
        }
        return Optional.empty();
    }

    private static boolean holds(Message answer, String value) {
        return answer.getSection(Section.ANSWER).stream()
                .filter(TXTRecord.class::isInstance)
                .anyMatch(record -> ((TXTRecord) record).getStrings().equals(List.of(value)));
    }

    private static Message ask(
            DnsClient client, ServerAddress server, Optional<TsigKey> key, Message question, String what)
            throws IOException, InterruptedException {
        try {
            return client.ask(resolved(server), question, key);
        } catch (SocketTimeoutException e) {
            throw new IOException(
                    what + ": name server " + server + " does not answer (" + e.getMessage() + "; a firewall?)", e);
        } catch (IOException e) {
            throw new IOException(what + ": name server " + server + ": " + e.getMessage(), e);
        }
    }

    private static InetSocketAddress resolved(ServerAddress address) throws IOException {
        try {
            return address.resolve();
        } catch (UnknownHostException e) {
            throw new IOException("host \"" + address.host() + "\" is unknown", e);
        }
    }

    private static Record question(Name name, int type) {
        return Record.newRecord(name, type, DClass.IN);
    }

    /** The zone's name. */
    @Override
    public String toString() {
        return zone.toString(true);
    }

    /**
     * A server that gives the zone out.
     *
     * @param name for messages
     * @param addresses where it is; one that answers is enough
     * @param key signs queries to it
     */
    public record Authority(String name, List<InetSocketAddress> addresses, Optional<TsigKey> key) {

        /** Copies the list. */
        public Authority {
            addresses = List.copyOf(addresses);
        }
    }
}
