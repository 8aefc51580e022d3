package dev.tlsproxy.internal.http;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the upstream who the client is and what it asked for. From a peer that is not trusted, every field that could
 * tell so in its stead is dropped first.
 */
final class ForwardingHeaders {

    private static final HttpString FORWARDED = new HttpString("Forwarded");
    private static final HttpString PREFIX = new HttpString("X-Forwarded-Prefix");
    private static final HttpString REAL_IP = new HttpString("X-Real-IP");

    /**
     * Names that some upstream believes, in lower case: client addresses of well-known proxies, client certificates (RFC
     * 9440 section 4 asks for it), the overrides of request target by IIS and others, and {@code Proxy}, which CGI makes
     * the environment variable HTTP_PROXY. All of {@code x-forwarded*} counts as well.
     */
    private static final Set<String> SPOOFABLE = Set.of(
            "forwarded",
            "forwarded-for",
            "x-real-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "cf-connecting-ipv6",
            "fastly-client-ip",
            "x-original-forwarded-for",
            "x-original-url",
            "x-rewrite-url",
            "x-original-host",
            "client-cert",
            "client-cert-chain",
            "x-client-cert",
            "x-client-verify",
            "x-client-dn",
            "front-end-https",
            "proxy");

    /** Of those names, and of the prefixes. Most fields of most requests begin with another. */
    private static final String FIRST_LETTERS = "fxtcps";

    private final ForwardedConfig config;
    private final IntSupplier publicPort;

    /**
     * @param publicPort the port clients reach the HTTPS listener at
     */
    ForwardingHeaders(ForwardedConfig config, IntSupplier publicPort) {
        this.config = config;
        this.publicPort = publicPort;
    }

    /**
     * Replaces the forwarding fields of the upstream request.
     *
     * @param fields the upstream request's, with what the client sent
     * @param peer the address at the other end of the client connection
     * @param asked the authority of the client request
     * @param strippedPrefix the path prefix that was taken off; empty text for none
     * @return the address of the client: the peer, or what a trusted peer tells
     */
    InetAddress apply(HeaderMap fields, InetAddress peer, Authority asked, String strippedPrefix) {
        boolean trusted = isTrusted(peer);
        List<String> chain = trusted ? PeerAddress.list(fields.get(Headers.X_FORWARDED_FOR)) : List.of();
        InetAddress client = trusted ? client(chain, peer) : peer;
        String told = trusted ? join(fields.get(FORWARDED)) : null;
        if (!trusted) {
            dropSpoofable(fields);
        }
        String bare = PeerAddress.bare(peer);
        fields.put(Headers.X_FORWARDED_FOR, chain.isEmpty() ? bare : String.join(", ", chain) + ", " + bare);
        fields.put(REAL_IP, client.equals(peer) ? bare : PeerAddress.bare(client));
        putUnlessTold(fields, Headers.X_FORWARDED_PROTO, "https");
        putUnlessTold(fields, Headers.X_FORWARDED_HOST, asked.text());
        putUnlessTold(fields, Headers.X_FORWARDED_PORT, Integer.toString(publicPort.getAsInt()));
        if (!strippedPrefix.isEmpty()) {
            String before = fields.getFirst(PREFIX);
            fields.put(PREFIX, before == null ? strippedPrefix : before + strippedPrefix);
        }
        fields.remove(FORWARDED);
        if (config.forwardedField()) {
            String own = forwarded(bare, asked);
            fields.put(FORWARDED, told == null ? own : told + ", " + own);
        }
        return client;
    }

    /** Tells whether a field says who the client is or how it came: never to be taken from an untrusted peer. */
    static boolean isForwarding(HttpString name) {
        if (name.length() == 0 || FIRST_LETTERS.indexOf(name.byteAt(0) | 0x20) < 0) {
            return false;
        }
        String lower = HopHeaders.undisguised(name.toString().toLowerCase(Locale.ROOT));
        return SPOOFABLE.contains(lower)
                || lower.startsWith("x-forwarded")
                || lower.startsWith("x-ssl-")
                || lower.startsWith("ssl-");
    }

    /** Tells whether a field is one that {@link #apply} writes. */
    static boolean isWritten(HttpString name) {
        String lower = name.toString().toLowerCase(Locale.ROOT);
        return lower.startsWith("x-forwarded-") || name.equals(REAL_IP) || name.equals(FORWARDED);
    }

    private void dropSpoofable(HeaderMap fields) {
        List<HttpString> dropped = new ArrayList<>(0);
        for (long i = fields.fastIterateNonEmpty(); i != -1L; i = fields.fiNextNonEmpty(i)) {
            HttpString name = fields.fiCurrent(i).getHeaderName();
            if (isForwarding(name)) {
                dropped.add(name);
            }
        }
        dropped.forEach(fields::remove);
    }

    /** What a trusted peer tells in one line counts; two lines contradict each other, so neither does. */
    private static void putUnlessTold(HeaderMap fields, HttpString name, String own) {
        HeaderValues told = fields.get(name);
        if (told == null || told.size() != 1 || told.getFirst().isEmpty()) {
            fields.put(name, own);
        }
    }

    /** The right-most address that is not a trusted proxy's; where all are, the left-most. */
    private InetAddress client(List<String> chain, InetAddress peer) {
        InetAddress client = peer;
        for (int i = chain.size() - 1; i >= 0; i--) {
            client = PeerAddress.parse(chain.get(i)).orElse(client);
            if (!isTrusted(client)) {
                return client;
            }
        }
        return client;
    }

    private boolean isTrusted(InetAddress address) {
        return config.trustedProxies().stream().anyMatch(network -> network.contains(address));
    }

    private static @Nullable String join(@Nullable HeaderValues values) {
        return values == null ? null : String.join(", ", values);
    }

    /** RFC 7239 section 4: an IPv6 address stands in brackets and quotes, and so does a host with a port in quotes. */
    private static String forwarded(String bare, Authority asked) {
        String node = bare.indexOf(':') >= 0 ? "\"[" + bare + "]\"" : bare;
        String host = FieldRules.isToken(asked.text()) ? asked.text() : "\"" + asked.text() + "\"";
        return "for=" + node + ";host=" + host + ";proto=https";
    }
}
