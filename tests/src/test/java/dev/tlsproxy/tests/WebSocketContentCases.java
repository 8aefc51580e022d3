package dev.tlsproxy.tests;

import static dev.tlsproxy.tests.WebSocketCase.await;
import static dev.tlsproxy.tests.WebSocketCase.octetwise;
import static dev.tlsproxy.tests.WebSocketCase.send;
import static dev.tlsproxy.tests.WebSocketFrames.CLOSE;
import static dev.tlsproxy.tests.WebSocketFrames.TEXT;
import static dev.tlsproxy.tests.WebSocketFrames.close;
import static dev.tlsproxy.tests.WebSocketFrames.frame;
import static dev.tlsproxy.tests.WebSocketFrames.join;
import static dev.tlsproxy.tests.WebSocketFrames.ping;
import static dev.tlsproxy.tests.WebSocketFrames.text;
import static dev.tlsproxy.tests.WebSocketFrames.utf8;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Sections 6 and 7 of the Autobahn suite in our own words: UTF-8, and the closing handshake. */
final class WebSocketContentCases {

    private static final byte[] BYE = close(1000, "");

    private static final List<String> VALID_UTF8 = List.of(
            "",
            "48656c6c6f",
            "cebae1bdb9cf83cebcceb5",
            "00",
            "7f",
            "c280",
            "dfbf",
            "e0a080",
            "efbfbf",
            "f0908080",
            "f48fbfbf",
            "ed9fbf",
            "ee8080",
            "efbfbd",
            "f09f9880",
            "efb790",
            "f09fbfbe",
            "f3bfbfbf",
            "efbbbf41");

    private static final List<String> INVALID_UTF8 = List.of(
            "80",
            "bf",
            "8080",
            "80bf80",
            "c0",
            "c120",
            "c2",
            "df20",
            "e0",
            "e080",
            "e0a0",
            "ef20",
            "efbf",
            "f0",
            "f090",
            "f09080",
            "f020",
            "f8",
            "f888808080",
            "fc8480808080",
            "fe",
            "ff",
            "fefeffff",
            "c0af",
            "e080af",
            "f08080af",
            "f8808080af",
            "c1bf",
            "e09fbf",
            "f08fbfbf",
            "eda080",
            "edafbf",
            "edb080",
            "edbfbf",
            "eda080edb080",
            "f4908080",
            "f5808080",
            "cebae1bdb9cf83cebcceb5eda080656469746564",
            "48ff",
            "f09080",
            "e1bd");

    private WebSocketContentCases() {}

    /** 6: each text whole, cut into fragments of an octet, and octet-wise on the wire. */
    static List<WebSocketCase> utf8Texts() {
        List<WebSocketCase> cases = new ArrayList<>();
        for (String hex : VALID_UTF8) {
            byte[] payload = HexFormat.of().parseHex(hex);
            cases.add(WebSocketCase.conversation("6 valid " + hex, 1, frame(TEXT, payload)));
            cases.add(WebSocketCase.conversation(
                    "6 valid in fragments " + hex, 1, WebSocketFrames.fragments(TEXT, payload, 1)));
            cases.add(WebSocketCase.of(
                    "6 valid octet-wise " + hex, octetwise(frame(TEXT, payload)), await(1), send(BYE)));
        }
        for (String hex : INVALID_UTF8) {
            byte[] payload = HexFormat.of().parseHex(hex);
            cases.add(WebSocketCase.of("6 invalid " + hex, send(frame(TEXT, payload))));
            cases.add(WebSocketCase.of(
                    "6 invalid in fragments " + hex, send(WebSocketFrames.fragments(TEXT, payload, 1))));
            cases.add(WebSocketCase.of("6 invalid octet-wise " + hex, octetwise(frame(TEXT, payload))));
        }
        return cases;
    }

    /** 7: closing, with every kind of code and reason. */
    static List<WebSocketCase> closes() {
        List<WebSocketCase> cases = new ArrayList<>(List.of(
                WebSocketCase.conversation("7.1.1 message, then close", 1, text("fine")),
                WebSocketCase.of("7.1.2 close twice", send(join(BYE, BYE))),
                WebSocketCase.of("7.1.3 ping after close", send(join(BYE, ping("late")))),
                WebSocketCase.of("7.1.4 text after close", send(join(BYE, text("late")))),
                WebSocketCase.of("7.1.5 close within a message", send(frame(false, 0, TEXT, utf8("begun"))), send(BYE)),
                WebSocketCase.of(
                        "7.1.6 close behind 256 KiB",
                        send(frame(TEXT, WebSocketFramingCases.filled(262_144, (byte) 'B'))),
                        await(1),
                        send(join(BYE, ping("late")))),
                WebSocketCase.of("7.3.1 empty", send(frame(CLOSE, new byte[0]))),
                WebSocketCase.of("7.3.2 one octet", send(frame(CLOSE, utf8("a")))),
                WebSocketCase.of("7.3.3 code alone", send(BYE)),
                WebSocketCase.of("7.3.4 with reason", send(close(1000, "Hello, world!"))),
                WebSocketCase.of("7.3.5 longest reason", send(close(1000, "*".repeat(123)))),
                WebSocketCase.of("7.3.6 reason too long", send(close(1000, "*".repeat(124)))),
                WebSocketCase.of(
                        "7.5.1 reason that is not UTF-8",
                        send(frame(
                                CLOSE,
                                join(new byte[] {3, (byte) 0xe8}, HexFormat.of().parseHex("ceb8eda080")))))));
        for (int code : new int[] {
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999
        }) {
            cases.add(WebSocketCase.of("7.7 valid code " + code, send(close(code, ""))));
        }
        for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535}) {
            cases.add(WebSocketCase.of("7.9 invalid code " + code, send(close(code, ""))));
        }
        return cases;
    }
}
