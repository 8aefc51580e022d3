package dev.tlsproxy.tests;

import static dev.tlsproxy.tests.WebSocketCase.await;
import static dev.tlsproxy.tests.WebSocketCase.octetwise;
import static dev.tlsproxy.tests.WebSocketCase.send;
import static dev.tlsproxy.tests.WebSocketFrames.BINARY;
import static dev.tlsproxy.tests.WebSocketFrames.CLOSE;
import static dev.tlsproxy.tests.WebSocketFrames.CONTINUATION;
import static dev.tlsproxy.tests.WebSocketFrames.PING;
import static dev.tlsproxy.tests.WebSocketFrames.PONG;
import static dev.tlsproxy.tests.WebSocketFrames.TEXT;
import static dev.tlsproxy.tests.WebSocketFrames.close;
import static dev.tlsproxy.tests.WebSocketFrames.frame;
import static dev.tlsproxy.tests.WebSocketFrames.join;
import static dev.tlsproxy.tests.WebSocketFrames.ping;
import static dev.tlsproxy.tests.WebSocketFrames.text;
import static dev.tlsproxy.tests.WebSocketFrames.utf8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Sections 1 to 5 of the Autobahn suite in our own words: framing, pings, reserved bits, opcodes, fragments. */
final class WebSocketFramingCases {

    private static final byte[] BYE = close(1000, "");

    private WebSocketFramingCases() {}

    /** 1: every form of the length field, text and binary. */
    static List<WebSocketCase> framing() {
        List<WebSocketCase> cases = new ArrayList<>();
        for (int opcode : new int[] {TEXT, BINARY}) {
            for (int length : new int[] {0, 1, 125, 126, 127, 128, 65_535, 65_536, 70_000}) {
                cases.add(WebSocketCase.conversation(
                        "1." + opcode + " length " + length, 1, frame(opcode, filled(length, (byte) '*'))));
            }
            cases.add(WebSocketCase.of(
                    "1." + opcode + " in pieces",
                    new WebSocketCase.Send(frame(opcode, filled(65_536, (byte) '*')), 997),
                    await(1),
                    send(BYE)));
        }
        return cases;
    }

    /** 2: pings and pongs. */
    static List<WebSocketCase> pings() {
        byte[] binary = {0, (byte) 0xff, (byte) 0xfe, (byte) 0xfd, 0, (byte) 0xff};
        byte[] ten = join(ping("0"), ping("1"), ping("2"), ping("3"), ping("4"));
        return List.of(
                WebSocketCase.conversation("2.1 empty", 1, ping("")),
                WebSocketCase.conversation("2.2 small", 1, ping("Hello, world!")),
                WebSocketCase.conversation("2.3 binary", 1, frame(PING, binary)),
                WebSocketCase.conversation("2.4 largest", 1, frame(PING, filled(125, (byte) 0xfe))),
                WebSocketCase.of("2.5 too large", send(frame(PING, filled(126, (byte) 0xfe)))),
                WebSocketCase.of(
                        "2.6 octet-wise", octetwise(frame(PING, filled(125, (byte) 0xfe))), await(1), send(BYE)),
                WebSocketCase.conversation("2.7 pong unasked", 0, frame(PONG, new byte[0])),
                WebSocketCase.conversation("2.8 pong unasked with payload", 0, frame(PONG, utf8("unasked"))),
                WebSocketCase.of(
                        "2.9 pong, then ping", send(join(frame(PONG, utf8("x")), ping("y"))), await(1), send(BYE)),
                WebSocketCase.of("2.10 five at once", send(ten), await(5), send(BYE)),
                WebSocketCase.of("2.11 five octet-wise", octetwise(ten), await(5), send(BYE)));
    }

    /** 3: reserved bits that no extension has given a meaning. */
    static List<WebSocketCase> reservedBits() {
        List<WebSocketCase> cases = new ArrayList<>();
        for (int bits = 1; bits < 8; bits++) {
            byte[] small = frame(true, bits, TEXT, utf8("small"));
            cases.add(WebSocketCase.of("3.1 text, bits " + bits, send(small)));
            cases.add(WebSocketCase.of(
                    "3.2 after a message, bits " + bits,
                    send(text("fine")),
                    await(1),
                    send(join(small, ping("late")))));
            cases.add(WebSocketCase.of(
                    "3.4 octet-wise, bits " + bits, octetwise(text("fine")), await(1), octetwise(small)));
            cases.add(WebSocketCase.of(
                    "3.5 binary, bits " + bits, send(frame(true, bits, BINARY, filled(8, (byte) 1)))));
            cases.add(WebSocketCase.of("3.6 ping, bits " + bits, send(frame(true, bits, PING, utf8("p")))));
            cases.add(WebSocketCase.of("3.7 close, bits " + bits, send(frame(true, bits, CLOSE, new byte[0]))));
        }
        return cases;
    }

    /** 4: opcodes that mean nothing. */
    static List<WebSocketCase> opcodes() {
        List<WebSocketCase> cases = new ArrayList<>();
        for (int opcode : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
            cases.add(WebSocketCase.of("4.1 opcode " + opcode, send(frame(opcode, new byte[0]))));
            cases.add(WebSocketCase.of("4.2 opcode with payload " + opcode, send(frame(opcode, utf8("reserved")))));
            cases.add(WebSocketCase.of(
                    "4.3 opcode after a message " + opcode,
                    send(text("fine")),
                    await(1),
                    send(join(frame(opcode, utf8("reserved")), ping("late")))));
            cases.add(WebSocketCase.of(
                    "4.4 opcode octet-wise " + opcode,
                    octetwise(text("fine")),
                    await(1),
                    octetwise(frame(opcode, utf8("r")))));
        }
        return cases;
    }

    /** 5: fragments, in order and out of it. */
    static List<WebSocketCase> fragments() {
        byte[] first = frame(false, 0, TEXT, utf8("first "));
        byte[] middle = frame(false, 0, CONTINUATION, utf8("middle "));
        byte[] last = frame(true, 0, CONTINUATION, utf8("last"));
        byte[] whole = join(first, last);
        byte[] pinged = join(first, ping("between"), last);
        byte[] long1 = join(first, ping("a"), middle, ping("b"), last);
        return List.of(
                WebSocketCase.of("5.1 ping in fragments", send(join(frame(false, 0, PING, utf8("p")), last))),
                WebSocketCase.of("5.2 pong in fragments", send(join(frame(false, 0, PONG, utf8("p")), last))),
                WebSocketCase.of("5.3 two fragments", send(whole), await(1), send(BYE)),
                WebSocketCase.of("5.4 two fragments apart", send(first), send(last), await(1), send(BYE)),
                WebSocketCase.of("5.5 two fragments octet-wise", octetwise(whole), await(1), send(BYE)),
                WebSocketCase.of("5.6 ping between", send(pinged), await(2), send(BYE)),
                WebSocketCase.of(
                        "5.7 ping between, apart",
                        send(first),
                        send(ping("between")),
                        await(1),
                        send(last),
                        await(2),
                        send(BYE)),
                WebSocketCase.of("5.8 ping between, octet-wise", octetwise(pinged), await(2), send(BYE)),
                WebSocketCase.of("5.9 continuation of nothing, last", send(join(last, text("late")))),
                WebSocketCase.of("5.10 continuation of nothing, apart", send(last), send(text("late"))),
                WebSocketCase.of("5.11 continuation of nothing, octet-wise", octetwise(last)),
                WebSocketCase.of("5.12 continuation of nothing, not last", send(join(middle, text("late")))),
                WebSocketCase.of("5.13 continuation of nothing, not last, octet-wise", octetwise(middle)),
                WebSocketCase.of("5.15 continuation after the last", send(whole), await(1), send(join(middle, last))),
                WebSocketCase.of("5.16 continuation before the first", send(join(middle, first, last))),
                WebSocketCase.of("5.18 a second first", send(join(first, text("second")))),
                WebSocketCase.of("5.19 five parts with pings", send(long1), await(3), send(BYE)),
                WebSocketCase.of("5.20 five parts with pings, octet-wise", octetwise(long1), await(3), send(BYE)),
                WebSocketCase.of(
                        "5.21 empty fragments",
                        send(join(
                                frame(false, 0, TEXT, new byte[0]),
                                frame(false, 0, CONTINUATION, new byte[0]),
                                frame(true, 0, CONTINUATION, new byte[0]))),
                        await(1),
                        send(BYE)));
    }

    static byte[] filled(int length, byte with) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, with);
        return bytes;
    }
}
