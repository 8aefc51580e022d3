package dev.tlsproxy.internal.tls;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Splits the plaintext start of one direction of a TLS connection into handshake messages, which may be spread over
 * several records (RFC 8446 section 5.1) and arrive in pieces of any size. Bounded, never throws on what a peer sends.
 */
final class HandshakeRecords {

    static final int CHANGE_CIPHER_SPEC = 20;
    static final int ALERT = 21;
    static final int HANDSHAKE = 22;
    static final int APPLICATION_DATA = 23;

    private static final int RECORD_HEADER = 5;
    private static final int MESSAGE_HEADER = 4;
    private static final int MAX_RECORD = 16384 + 256;
    private static final int MAX_OTHER = 64;

    /** Is told what was found, in order. */
    interface Visitor {

        /** One whole handshake message; returns false to stop. */
        boolean message(int type, byte[] body);

        /** The payload of a record that is no handshake, or its first bytes; returns false to stop. */
        boolean other(int recordType, byte[] payload);
    }

    /** What the bytes so far amount to. */
    enum State {
        MORE,
        STOPPED,
        MALFORMED
    }

    private final int maxMessage;
    private final Visitor visitor;
    private final byte[] recordHeader = new byte[RECORD_HEADER];
    private int recordHeaderLength;
    private int recordRemaining;
    private final byte[] messageHeader = new byte[MESSAGE_HEADER];
    private int messageHeaderLength;
    private byte[] body = new byte[0];
    private int bodyLength;
    private State state = State.MORE;

    HandshakeRecords(int maxMessage, Visitor visitor) {
        this.maxMessage = maxMessage;
        this.visitor = visitor;
    }

    /** Takes the next bytes, as many as are of use. */
    State feed(ByteBuffer bytes) {
        while (state == State.MORE && bytes.hasRemaining()) {
            if (recordHeaderLength < RECORD_HEADER) {
                recordHeader[recordHeaderLength++] = bytes.get();
                if (recordHeaderLength == RECORD_HEADER) {
                    beginRecord();
                }
            } else if (recordType() == HANDSHAKE) {
                takeHandshake(bytes);
            } else {
                takeOther(bytes);
            }
        }
        return state;
    }

    private int recordType() {
        return recordHeader[0];
    }

    private void beginRecord() {
        recordRemaining = (recordHeader[3] & 0xFF) << 8 | (recordHeader[4] & 0xFF);
        int type = recordType();
        boolean knownType = type >= CHANGE_CIPHER_SPEC && type <= APPLICATION_DATA;
        if (!knownType || recordHeader[1] != 3 || recordRemaining == 0 || recordRemaining > MAX_RECORD) {
            state = State.MALFORMED;
        } else if (type != HANDSHAKE) {
            body = messageHeaderLength == 0 ? new byte[Math.min(recordRemaining, MAX_OTHER)] : body;
            // RFC 8446 section 5.1: no other record may stand between the parts of a handshake message.
            state = messageHeaderLength == 0 ? State.MORE : State.MALFORMED;
            if (state == State.MORE && type == APPLICATION_DATA) {
                stopUnless(visitor.other(type, new byte[0]));
            }
        }
    }

    private void takeHandshake(ByteBuffer bytes) {
        int available = Math.min(recordRemaining, bytes.remaining());
        if (messageHeaderLength < MESSAGE_HEADER) {
            messageHeader[messageHeaderLength++] = bytes.get();
            recordRemaining--;
            if (messageHeaderLength == MESSAGE_HEADER) {
                beginMessage();
            }
        } else {
            int count = Math.min(available, body.length - bodyLength);
            bytes.get(body, bodyLength, count);
            bodyLength += count;
            recordRemaining -= count;
        }
        if (recordRemaining == 0) {
            recordHeaderLength = 0;
        }
        if (state == State.MORE && messageHeaderLength == MESSAGE_HEADER && bodyLength == body.length) {
            messageHeaderLength = 0;
            bodyLength = 0;
            stopUnless(visitor.message(messageHeader[0] & 0xFF, body));
        }
    }

    private void beginMessage() {
        int length = (messageHeader[1] & 0xFF) << 16 | (messageHeader[2] & 0xFF) << 8 | (messageHeader[3] & 0xFF);
        bodyLength = 0;
        if (length > maxMessage) {
            state = State.MALFORMED;
        } else {
            body = new byte[length];
        }
    }

    private void takeOther(ByteBuffer bytes) {
        int taken = Math.min(recordRemaining, bytes.remaining());
        int kept = Math.min(taken, body.length - bodyLength);
        bytes.get(body, bodyLength, kept);
        bodyLength += kept;
        bytes.position(bytes.position() + taken - kept);
        recordRemaining -= taken;
        if (recordRemaining == 0) {
            recordHeaderLength = 0;
            byte[] payload = Arrays.copyOf(body, bodyLength);
            bodyLength = 0;
            stopUnless(visitor.other(recordType(), payload));
        }
    }

    private void stopUnless(boolean goOn) {
        if (!goOn) {
            state = State.STOPPED;
        }
    }
}
