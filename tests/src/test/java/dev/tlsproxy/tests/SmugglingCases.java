package dev.tlsproxy.tests;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Malformed and odd HTTP/1.1 requests. To a strict reader each is one request or none: what stands behind its head is its
 * body, or can't be told. One char per byte.
 */
final class SmugglingCases {

    static final String HOST = "localhost";

    /** What must never be seen as a request. */
    private static final String PREY = "GET /smuggled HTTP/1.1\r\nHost: " + HOST + "\r\nX-A: b\r\n\r\n";

    private static final String CHUNKED_PREY = hex(PREY.length()) + "\r\n" + PREY + "\r\n0\r\n\r\n";

    private final List<String> requests = new ArrayList<>();

    private SmugglingCases() {}

    /** All of them; {@code case-ID} stands for the number of the case. */
    static List<String> all() {
        SmugglingCases cases = new SmugglingCases();
        cases.transferCodings();
        cases.contentLengths();
        cases.fieldLines();
        cases.requestLines();
        cases.chunks();
        cases.hosts();
        cases.hopByHop();
        cases.mixtures();
        return cases.requests.stream()
                .map(request -> request.replace("HOST", HOST))
                .toList();
    }

    private void add(String head, String body) {
        requests.add(head + "\r\n\r\n" + body);
    }

    private static String post(String... fields) {
        return "POST /case-ID HTTP/1.1\r\nHost: HOST\r\n" + String.join("\r\n", fields);
    }

    private static String hex(int number) {
        return Integer.toHexString(number);
    }

    private static String length(String body) {
        return "Content-Length: " + body.length();
    }

    private static final List<String> CODING_LINES = List.of(
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding\t: chunked",
            "Transfer-Encoding:\u000bchunked",
            "Transfer-Encoding: \u000bchunked",
            "Transfer-Encoding: chunked\u000b",
            "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: gzip",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding: chunked;q=1",
            "Transfer-Encoding: 'chunked'",
            "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding:\r\n\tchunked",
            "Transfer-Encoding: \r\n chunked",
            "Transfer-Encoding\r\n: chunked",
            " Transfer-Encoding: chunked",
            "\tTransfer-Encoding: chunked",
            "X: y\r\n Transfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked",
            "X: y\nTransfer-Encoding: chunked",
            "X: y\n\rTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\rX: y",
            "Transfer-Encoding: chunked\nX: y",
            "Transfer-Encoding: \0chunked",
            "Transfer-Encoding: chunked\0",
            "Transfer\0-Encoding: chunked",
            "Transfer-Encoding: chunk\u00e9d",
            "Transfer-Encoding: \u00a0chunked",
            "Transfer-Encoding: chunked\u00a0",
            "Transfer_Encoding: chunked",
            "Transfer Encoding: chunked",
            "Transfer-Encoding chunked",
            "Transfer-Encoding; chunked",
            "Transfer-Encoding= chunked",
            "Transfer-Encoding: cow",
            "Transfer-Encoding: ",
            "Transfer-Encoding:",
            "Transfer-Encoding: ,chunked",
            "Transfer-Encoding: chunked,",
            "Transfer-Encoding: , ,",
            "Transfer-Encoding: cHuNkEd ,",
            "Transfer-Encoding: deflate, identity",
            "Transfer-Encoding: chunked\u007f",
            "\u0001Transfer-Encoding: chunked",
            "Transfer-Encoding\u0001: chunked",
            "Content-Encoding: chunked",
            "TE: chunked",
            "\"Transfer-Encoding\": chunked",
            "Transfer-Encoding: chunked \t ,identity",
            "Transfer-Encoding: compress",
            "transfer-encoding: XCHUNKED",
            "Transfer-Encoding: chunked-deflate");

    /** The length covers all, so that who heeds it sees one request; who takes the coding for chunked may see two. */
    private void transferCodings() {
        String zeroFirst = "0\r\n\r\n" + PREY;
        for (String line : CODING_LINES) {
            add(post(line, length(zeroFirst)), zeroFirst);
            add(post(length(zeroFirst), line), zeroFirst);
            add(post(line, length(CHUNKED_PREY)), CHUNKED_PREY);
        }
        for (String line : List.of(
                "Transfer-Encoding: chunked",
                "transfer-encoding: CHUNKED",
                "Transfer-Encoding:chunked",
                "Transfer-Encoding:  chunked  ",
                "Transfer-Encoding:\tchunked")) {
            add(post(line, "Content-Length: 3"), zeroFirst);
            add(post("Content-Length: 3", line), zeroFirst);
            add(post(line, length(zeroFirst)), zeroFirst);
            add(post(line, "Content-Length: 0"), CHUNKED_PREY);
            add(post(line, line), CHUNKED_PREY);
            add(post("Connection: Transfer-Encoding", line, length(zeroFirst)), zeroFirst);
            requests.add("POST /case-ID HTTP/1.0\r\nHost: HOST\r\nConnection: keep-alive\r\n" + line + "\r\n"
                    + length(zeroFirst) + "\r\n\r\n" + zeroFirst);
            requests.add("POST /case-ID HTTP/1.0\r\nHost: HOST\r\nConnection: keep-alive\r\n" + line + "\r\n\r\n"
                    + CHUNKED_PREY);
        }
    }

    private void contentLengths() {
        int n = PREY.length();
        for (String value : List.of(
                "+" + n,
                "-" + n,
                "-1",
                "0x" + hex(n),
                n + ".0",
                n + "e0",
                n + " 0",
                n + ",",
                "," + n,
                n + "," + n,
                n + ", " + n,
                n + ", 0",
                "0, " + n,
                n + ";",
                n + "\t1",
                "\"" + n + "\"",
                "0" + n + "\0",
                "1_0",
                "\u00b2",
                "\u00a0" + n,
                "18446744073709551616",
                "18446744073709551621",
                "9223372036854775808",
                "99999999999999999999999",
                "4294967296000000000000",
                "",
                " ",
                "abc",
                n + "abc",
                "abc" + n,
                "NaN",
                "Infinity",
                "null",
                n + "\u000b",
                "0b1",
                "1e3",
                "\r\n " + n,
                n + "\r\n 0",
                n + "\r0",
                "0\r" + n)) {
            add(post("Content-Length: " + value), PREY);
            add(post("Content-Length: " + value, "Content-Length: " + n), PREY);
            add(post("Content-Length: " + n, "Content-Length: " + value), PREY);
        }
        for (String name : List.of(
                "Content-Length ",
                " Content-Length",
                "Content-Length\t",
                "Content_Length",
                "Content-Length\0",
                "Content\u00adLength",
                "content-length",
                "CONTENT-LENGTH",
                "Content-Length\u000b",
                "\u000bContent-Length",
                "Content Length")) {
            add(post(name + ": 0", "Content-Length: " + n), PREY);
            add(post("Content-Length: " + n, name + ": 0"), PREY);
        }
        add(post("Content-Length: " + n, "Content-Length: 0"), PREY);
        add(post("Content-Length: 0", "Content-Length: " + n), PREY);
        add(post("Content-Length: " + n, "Content-Length: " + (n + 1)), PREY);
    }

    /** Lines that one reader ends where another does not; the prey stands in the value, the length says there is no body. */
    private void fieldLines() {
        for (String end : List.of(
                "\r",
                "\n",
                "\n\n",
                "\r\r",
                "\r\n\r",
                "\0",
                "\u000b",
                "\u000c",
                "\u0085",
                "\n\r\n\r",
                "\r\0\n",
                "%0d%0a",
                "\\r\\n",
                "\u2028",
                "\u560a",
                "\u010a")) {
            String prey = PREY.replace("\r\n", end);
            requests.add("GET /case-ID HTTP/1.1\r\nHost: HOST\r\nX-Field: a" + end + end + prey
                    + "\r\nContent-Length: 0\r\n\r\n");
            requests.add("GET /case-ID HTTP/1.1\r\nHost: HOST\r\nX-Field" + end + ": a\r\nContent-Length: 0\r\n\r\n");
            requests.add("GET /case-ID HTTP/1.1" + end + "Host: HOST\r\nContent-Length: 0\r\n\r\n");
            requests.add("GET /case-ID HTTP/1.1\r\nHost: HOST" + end + "X: y\r\nContent-Length: 0\r\n\r\n");
        }
        for (String name : List.of(
                "X@Y", "X Y", "X(Y", "X:Y", "X\u00e9", "X\u007f", "X[", "X\\", "X{", "X\"", "", " ", "\u0001", "X/Y",
                "X?Y", "X=Y", "X<")) {
            add(post(name + ": z", length(PREY)), PREY);
            add(post(length(PREY), name + " : z"), PREY);
        }
        add(post(" folded", length(PREY)), PREY);
        add(post("X: y\r\n folded: z", length(PREY)), PREY);
        add(post("NoColon", length(PREY)), PREY);
        add(post(":", length(PREY)), PREY);
        add(post(": value", length(PREY)), PREY);
    }

    private void requestLines() {
        for (String line : List.of(
                "GET  /case-ID HTTP/1.1",
                "GET\t/case-ID HTTP/1.1",
                "GET /case-ID  HTTP/1.1",
                "GET /case-ID\tHTTP/1.1",
                "GET /case-ID HTTP/1.1 ",
                " GET /case-ID HTTP/1.1",
                "GET /case-ID",
                "GET /case-ID HTTP/0.9",
                "GET /case-ID HTTP/2.0",
                "GET /case-ID HTTP/1.1.1",
                "GET /case-ID HTTP/11",
                "GET /case-ID HTTP/1.",
                "GET /case-ID http/1.1",
                "GET /case-ID HTTPS/1.1",
                "GET /case-ID HTTP/1.1\0",
                "G\0ET /case-ID HTTP/1.1",
                "GE\u00c9 /case-ID HTTP/1.1",
                "GET /case-ID\0 HTTP/1.1",
                "GET /case-ID\u000b HTTP/1.1",
                "GET /case-ID HTTP/1.1\u000b",
                "GET /case-ID HTTP /1.1",
                "GET /case-ID HTTP/1.1 HTTP/1.1",
                "GET /case-ID /smuggled HTTP/1.1",
                "GET /case-ID HTTP/1.1\rGET /smuggled HTTP/1.1",
                "(GET) /case-ID HTTP/1.1",
                "GET case-ID HTTP/1.1",
                "GET ?case-ID HTTP/1.1",
                "GET \\case-ID HTTP/1.1",
                "GET http:///case-ID HTTP/1.1",
                "GET http://other.example/case-ID HTTP/1.1",
                "GET ftp://HOST/case-ID HTTP/1.1",
                "GET //HOST/case-ID HTTP/1.1",
                "GET http://user@HOST/case-ID HTTP/1.1",
                "CONNECT HOST:443 HTTP/1.1",
                "TRACE /case-ID HTTP/1.1",
                "PRI * HTTP/2.0",
                "GET /case-ID#x HTTP/1.1",
                "GET /case-ID%0d%0aX:%20y HTTP/1.1",
                "GET /case-ID%zz HTTP/1.1",
                "GET /case-ID%00 HTTP/1.1",
                "\r\nGET /case-ID HTTP/1.1",
                "\nGET /case-ID HTTP/1.1",
                "\r\n\r\nGET /case-ID HTTP/1.1",
                "GET * HTTP/1.1",
                "OPTIONS * HTTP/1.1",
                "GET /case-ID\u0085 HTTP/1.1",
                "GET /case-ID HTTP/1.1\r",
                "HTTP/1.1 200 OK")) {
            requests.add(line + "\r\nHost: HOST\r\n" + length(PREY) + "\r\n\r\n" + PREY);
            requests.add(line + "\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n");
        }
    }

    /** A chunked body that ends with the prey inside, told wrongly. */
    private void chunks() {
        String coding = "Transfer-Encoding: chunked";
        int n = PREY.length();
        for (String size : List.of(
                " " + hex(n),
                hex(n) + " ",
                hex(n) + "\t",
                "0x" + hex(n),
                "+" + hex(n),
                "-" + hex(n),
                "-1",
                hex(n) + ";",
                hex(n) + ";a",
                hex(n) + ";a=b",
                hex(n) + ";a=\"b\r\nc\"",
                hex(n) + ";\n",
                hex(n) + "\0",
                hex(n) + "g",
                "g",
                "",
                "\u00b2",
                "1" + "0".repeat(16) + hex(n),
                "ffffffffffffffff",
                "8000000000000000",
                "fffffffffffffffe",
                "0".repeat(64) + hex(n),
                hex(n) + "\r",
                hex(n) + "\u000b",
                hex(n) + ",",
                hex(n) + "_",
                hex(n) + " ;a=b",
                hex(n) + ";" + "x".repeat(1000))) {
            add(post(coding), size + "\r\n" + PREY + "\r\n0\r\n\r\n");
            add(post(coding), size + "\n" + PREY + "\r\n0\r\n\r\n");
        }
        for (String end : List.of("", "\n", "\r", "XX", "\r\r\n", "\n\r", "\0\0", "X\r\n", " \r\n", "\r\n\r\n")) {
            add(post(coding), hex(n) + "\r\n" + PREY + end + "0\r\n\r\n");
            add(post(coding), "1\r\nZ" + end + hex(n) + "\r\n" + PREY + "\r\n0\r\n\r\n");
        }
        for (String trailer : List.of(
                "Content-Length: 5",
                "Transfer-Encoding: chunked",
                "Host: other.example",
                "X: y",
                "X : y",
                " X: y",
                "X: y\n",
                "X: y\r Z: a",
                "X\0: y",
                "X: \0",
                "NoColon",
                ": y",
                "Connection: close",
                "Authorization: Basic eA==",
                "X-Forwarded-For: 1.2.3.4",
                "X-" + "a".repeat(2000) + ": y")) {
            add(post(coding, "Trailer: X"), hex(n) + "\r\n" + PREY + "\r\n0\r\n" + trailer + "\r\n\r\n");
        }
    }

    private void hosts() {
        for (String host : List.of(
                "Host: HOST\r\nHost: HOST",
                "Host: HOST\r\nHost: other.example",
                "Host: other.example\r\nHost: HOST",
                "Host : HOST",
                "Host: HOST, other.example",
                "Host: HOST other.example",
                "Host: HOST@other.example",
                "Host: other.example@HOST",
                "Host: HOST:443:80",
                "Host: HOST:",
                "Host: HOST:abc",
                "Host: HOST/case",
                "Host: HOST?x",
                "Host: HOST#x",
                "Host: HOST\\x",
                "Host: http://HOST",
                "Host: [::1]",
                "Host: [HOST]",
                "Host: HOST\0",
                "Host: \u00e9.HOST",
                "Host: HOST\u00a0",
                "Host:",
                "X: y",
                "Host: HOST\r\n .other.example",
                "Host: HOST%00",
                "Host: -HOST",
                "Host: HOST..",
                "host: HOST\r\nHOST: HOST")) {
            requests.add("POST /case-ID HTTP/1.1\r\n" + host + "\r\n" + length(PREY) + "\r\n\r\n" + PREY);
        }
    }

    private void hopByHop() {
        for (String line : List.of(
                "Connection: Content-Length",
                "Connection: close, Content-Length",
                "Connection: Host",
                "Connection: Transfer-Encoding",
                "Connection: keep-alive, X-A",
                "Connection: ,",
                "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
                "Connection: upgrade\r\nUpgrade: websocket",
                "Upgrade: websocket",
                "Connection: upgrade\r\nUpgrade: TLS/1.0",
                "Expect: 100-continue",
                "Expect: 100-continue\r\nExpect: 100-continue",
                "Expect: 200-ok",
                "Expect: 100-continue, x",
                "Expect:",
                "Keep-Alive: timeout=5",
                "Proxy-Connection: keep-alive",
                "Proxy-Authorization: Basic eA==",
                "TE: trailers",
                "Trailer: Content-Length",
                "Max-Forwards: 0",
                "X-HTTP-Method-Override: CONNECT",
                "Via: 1.1 a\r\nVia: 1.1 b")) {
            add(post(line, length(PREY)), PREY);
            add(post(length(PREY), line), PREY);
            add(post(line, "Transfer-Encoding: chunked"), CHUNKED_PREY);
        }
    }

    /** Bodies on methods that usually have none, in every spelling of a right length. */
    private void mixtures() {
        UnaryOperator<String> spaced = line -> line.replace(": ", ":  \t ");
        for (String method : List.of(
                "GET", "HEAD", "DELETE", "OPTIONS", "PUT", "PATCH", "PROPFIND", "get", "G-E_T", "M!#$%&'*+.^`|~")) {
            String line = method + " /case-ID HTTP/1.1\r\nHost: HOST\r\n";
            requests.add(line + length(PREY) + "\r\n\r\n" + PREY);
            requests.add(line + spaced.apply(length(PREY)) + "\r\n\r\n" + PREY);
            requests.add(line + "Transfer-Encoding: chunked\r\n\r\n" + CHUNKED_PREY);
            requests.add(line + spaced.apply("Transfer-Encoding: chunked") + "\r\n\r\n" + CHUNKED_PREY);
            requests.add(line + "Connection: close\r\n" + length(PREY) + "\r\n\r\n" + PREY + PREY);
        }
    }
}
