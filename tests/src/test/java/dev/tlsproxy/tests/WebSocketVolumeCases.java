package dev.tlsproxy.tests;

import static dev.tlsproxy.tests.WebSocketCase.await;
import static dev.tlsproxy.tests.WebSocketCase.conversation;
import static dev.tlsproxy.tests.WebSocketCase.large;
import static dev.tlsproxy.tests.WebSocketCase.send;
import static dev.tlsproxy.tests.WebSocketFrames.BINARY;
import static dev.tlsproxy.tests.WebSocketFrames.TEXT;
import static dev.tlsproxy.tests.WebSocketFrames.close;
import static dev.tlsproxy.tests.WebSocketFrames.fragments;
import static dev.tlsproxy.tests.WebSocketFrames.frame;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;

/** Sections 9, 10, 12 and 13 of the Autobahn suite in our own words: volume, odd fragments, permessage-deflate (RFC 7692). */
final class WebSocketVolumeCases {

    private static final byte[] BYE = close(1000, "");
    private static final int KIB = 1024;
    private static final int MIB = 1024 * KIB;

    private WebSocketVolumeCases() {}

    /** 9: large messages, whole, in fragments, in small writes; and many small ones, each waited for. */
    static List<WebSocketCase> volume() {
        List<WebSocketCase> cases = new ArrayList<>();
        for (int opcode : new int[] {TEXT, BINARY}) {
            for (int size : new int[] {64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB}) {
                String id = "9." + opcode + " whole " + size;
                cases.add(large(id, () -> conversation(id, 1, frame(opcode, payload(opcode, size)))));
            }
            for (int fragment : new int[] {64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB}) {
                String id = "9." + (opcode + 2) + " 1 MiB in fragments of " + fragment;
                cases.add(large(id, () -> conversation(id, 1, fragments(opcode, payload(opcode, MIB), fragment))));
            }
            for (int piece : new int[] {64, 128, 256, 512, KIB, 2 * KIB}) {
                String id = "9." + (opcode + 4) + " 256 KiB in writes of " + piece;
                cases.add(large(
                        id,
                        () -> WebSocketCase.of(
                                id,
                                new WebSocketCase.Send(frame(opcode, payload(opcode, 256 * KIB)), piece),
                                await(1),
                                send(BYE))));
            }
            for (int size : new int[] {0, 16, 64, 256, KIB, 4 * KIB}) {
                byte[][] messages = new byte[200][];
                Arrays.fill(messages, frame(opcode, payload(opcode, size)));
                cases.add(conversation("9." + (opcode + 6) + " 200 messages of " + size, 1, messages));
            }
        }
        return cases;
    }

    /** 10: a message in fragments that fit no buffer. */
    static List<WebSocketCase> oddFragments() {
        return List.of(
                conversation("10.1 64 KiB in fragments of 1300", 1, fragments(TEXT, payload(TEXT, 65_536), 1300)),
                conversation(
                        "10.2 64 KiB in fragments of 16383", 1, fragments(BINARY, payload(BINARY, 65_536), 16_383)));
    }

    /** 12: compressed messages of many sizes. */
    static List<WebSocketCase> compression() {
        List<WebSocketCase> cases = new ArrayList<>();
        for (int opcode : new int[] {TEXT, BINARY}) {
            for (int size :
                    new int[] {0, 16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB}) {
                cases.add(compressed("12." + opcode + " 20 messages of " + size, "permessage-deflate", opcode, size));
            }
        }
        return cases;
    }

    /** 13: the parameters of the extension, as clients offer them. */
    static List<WebSocketCase> compressionParameters() {
        List<WebSocketCase> cases = new ArrayList<>();
        for (String offer : List.of(
                "permessage-deflate; client_no_context_takeover; client_max_window_bits",
                "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
                "permessage-deflate; client_no_context_takeover; server_max_window_bits=9",
                "permessage-deflate; client_no_context_takeover; server_max_window_bits=15",
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
                "permessage-deflate; server_no_context_takeover; server_max_window_bits=9, permessage-deflate")) {
            for (int size : new int[] {16, KIB, 64 * KIB}) {
                cases.add(compressed("13 " + offer + " " + size, offer, TEXT, size));
            }
        }
        return cases;
    }

    /** Each message compressed for itself, which every agreement about context allows. */
    private static WebSocketCase compressed(String id, String offer, int opcode, int size) {
        List<WebSocketCase.Step> steps = new ArrayList<>();
        byte[] message = frame(true, 4, opcode, deflated(payload(opcode, size)));
        for (int i = 1; i <= 20; i++) {
            steps.add(send(message));
            steps.add(await(i));
        }
        steps.add(send(BYE));
        return new WebSocketCase(id, offer, () -> steps);
    }

    /** RFC 7692 section 7.2.1: a sync flush without its last four octets. */
    private static byte[] deflated(byte[] payload) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        deflater.setInput(payload);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[8 * KIB];
        int length;
        do {
            length = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
            all.write(buffer, 0, length);
        } while (length == buffer.length);
        deflater.end();
        byte[] flushed = all.toByteArray();
        return flushed.length < 4 ? new byte[] {0} : Arrays.copyOf(flushed, flushed.length - 4);
    }

    private static byte[] payload(int opcode, int size) {
        byte[] payload = new byte[size];
        Random random = new Random(size);
        for (int i = 0; i < size; i++) {
            payload[i] = (byte) (opcode == TEXT ? 'a' + random.nextInt(16) : random.nextInt(256));
        }
        return payload;
    }
}
