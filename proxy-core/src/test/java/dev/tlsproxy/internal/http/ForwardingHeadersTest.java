package dev.tlsproxy.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tlsproxy.internal.names.Cidr;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForwardingHeadersTest {

    private static final Authority ASKED = Authority.parse("a.test:8443");

    private static HeaderMap fields(String... fields) {
        HeaderMap map = new HeaderMap();
        for (int i = 0; i < fields.length; i += 2) {
            map.add(new HttpString(fields[i]), fields[i + 1]);
        }
        return map;
    }

    private static ForwardingHeaders trusting(boolean forwardedField, String... networks) {
        List<Cidr> trusted = java.util.Arrays.stream(networks).map(Cidr::parse).toList();
        return new ForwardingHeaders(new ForwardedConfig(trusted, forwardedField), () -> 443);
    }

    private static InetAddress ip(String literal) throws Exception {
        return InetAddress.getByName(literal);
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1",
        "2001:db8::1, 2001:db8::1",
        "::ffff:192.0.2.1, 192.0.2.1",
    })
    void sendsOneBareAddress(String peer, String expected) throws Exception {
        HeaderMap fields = fields("X-Forwarded-For", "6.6.6.6", "X-Forwarded-For", "7.7.7.7");
        trusting(false).apply(fields, ip(peer), ASKED, "");
        assertThat(fields.get("X-Forwarded-For")).containsExactly(expected);
        assertThat(fields.get("X-Real-IP")).containsExactly(expected);
        assertThat(fields.get("X-Forwarded-Host")).containsExactly("a.test:8443");
        assertThat(fields.get("X-Forwarded-Port")).containsExactly("443");
        assertThat(fields.get("X-Forwarded-Proto")).containsExactly("https");
        assertThat(fields.contains("X-Forwarded-Prefix")).isFalse();
        assertThat(fields.contains("Forwarded")).isFalse();
    }

    @Test
    void dropsZone() throws Exception {
        HeaderMap fields = fields();
        byte[] linkLocal = ip("fe80::1").getAddress();
        trusting(false).apply(fields, java.net.Inet6Address.getByAddress(null, linkLocal, 3), ASKED, "");
        assertThat(fields.getFirst("X-Forwarded-For")).isEqualTo("fe80::1");
    }

    @ParameterizedTest
    @CsvSource({
        "X-Forwarded-Server",
        "X-Forwarded-Ssl",
        "x_forwarded_user",
        "SSL_CLIENT_CERT",
        "X-SSL-Client-DN",
        "Forwarded",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "Client-Cert",
        "Proxy",
        "X-Forwarded-Prefix"
    })
    void dropsWhatUntrustedPeersTell(String name) throws Exception {
        HeaderMap fields = fields(name, "spoofed", "X-Other", "1");
        trusting(false, "10.0.0.0/8").apply(fields, ip("192.0.2.1"), ASKED, "");
        assertThat(fields.contains(name)).isFalse();
        assertThat(fields.contains("X-Other")).isTrue();
    }

    @Test
    void appendsToChainOfTrustedPeer() throws Exception {
        HeaderMap fields = fields(
                "X-Forwarded-For",
                "6.6.6.6, junk, 192.0.2.1:5678",
                "X-Forwarded-For",
                "10.0.0.2",
                "X-Forwarded-Proto",
                "http",
                "X-Forwarded-Host",
                "public.test",
                "X-Forwarded-Port",
                "80");
        InetAddress client = trusting(false, "10.0.0.0/8").apply(fields, ip("10.0.0.1"), ASKED, "/api");
        assertThat(client).isEqualTo(ip("192.0.2.1"));
        assertThat(fields.get("X-Forwarded-For")).containsExactly("6.6.6.6, 192.0.2.1, 10.0.0.2, 10.0.0.1");
        assertThat(fields.getFirst("X-Real-IP")).isEqualTo("192.0.2.1");
        assertThat(fields.getFirst("X-Forwarded-Proto")).isEqualTo("http");
        assertThat(fields.getFirst("X-Forwarded-Host")).isEqualTo("public.test");
        assertThat(fields.getFirst("X-Forwarded-Port")).isEqualTo("80");
        assertThat(fields.getFirst("X-Forwarded-Prefix")).isEqualTo("/api");
    }

    @Test
    void takesLeftMostWhereAllAreTrusted() throws Exception {
        HeaderMap fields = fields("X-Forwarded-For", "10.0.0.3, [10::1]:80, 10.0.0.2");
        assertThat(trusting(false, "0.0.0.0/0", "::/0").apply(fields, ip("10.0.0.1"), ASKED, ""))
                .isEqualTo(ip("10.0.0.3"));
    }

    @Test
    void takesTrustedPeerWithoutChainForTheClient() throws Exception {
        HeaderMap fields = fields();
        assertThat(trusting(false, "10.0.0.1").apply(fields, ip("10.0.0.1"), ASKED, ""))
                .isEqualTo(ip("10.0.0.1"));
        assertThat(fields.get("X-Forwarded-For")).containsExactly("10.0.0.1");
    }

    @Test
    void sendsForwardedWhereWanted() throws Exception {
        HeaderMap fields = fields("Forwarded", "for=6.6.6.6");
        trusting(true).apply(fields, ip("2001:db8::1"), ASKED, "");
        assertThat(fields.get("Forwarded")).containsExactly("for=\"[2001:db8::1]\";host=\"a.test:8443\";proto=https");
        HeaderMap chained = fields("Forwarded", "for=6.6.6.6");
        trusting(true, "10.0.0.1").apply(chained, ip("10.0.0.1"), Authority.parse("a.test"), "");
        assertThat(chained.get("Forwarded")).containsExactly("for=6.6.6.6, for=10.0.0.1;host=a.test;proto=https");
    }
}
