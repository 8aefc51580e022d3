package dev.tlsproxy.internal.tls;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads the named group of a handshake from what the server sends in plaintext, because bctls 1.84 has no accessor for
 * it: the key_share of a TLS 1.3 ServerHello, or the curve of a TLS 1.2 ServerKeyExchange (RFC 8422 section 5.4). Also
 * sees an alert that the server sends in plaintext. Bounded; whatever it is fed, it never throws. One per connection.
 */
public final class ServerFlight {

    private static final int MAX_MESSAGE = 64 * 1024;
    private static final int SERVER_HELLO = 2;
    private static final int SERVER_KEY_EXCHANGE = 12;
    private static final int KEY_SHARE = 51;
    private static final int NAMED_CURVE = 3;
    private static final int FATAL = 2;

    /** SHA-256 of "HelloRetryRequest": the random that marks a ServerHello as one (RFC 8446 section 4.1.3). */
    private static final byte[] RETRY_RANDOM = {
        (byte) 0xCF,
        0x21,
        (byte) 0xAD,
        0x74,
        (byte) 0xE5,
        (byte) 0x9A,
        0x61,
        0x11,
        (byte) 0xBE,
        0x1D,
        (byte) 0x8C,
        0x02,
        0x1E,
        0x65,
        (byte) 0xB8,
        (byte) 0x91,
        (byte) 0xC2,
        (byte) 0xA2,
        0x11,
        0x16,
        0x7A,
        (byte) 0xBB,
        (byte) 0x8C,
        0x5E,
        0x07,
        (byte) 0x9E,
        0x09,
        (byte) 0xE2,
        (byte) 0xC8,
        (byte) 0xA8,
        0x33,
        (byte) 0x9C
    };

    private final HandshakeRecords records = new HandshakeRecords(MAX_MESSAGE, new Messages());
    private boolean done;
    private boolean retried;
    private int group = -1;
    private int alert = -1;

    /**
     * Takes the next bytes that the server has sent.
     *
     * @param bytes the bytes; their position moves
     */
    public void feed(ByteBuffer bytes) {
        if (!done && records.feed(bytes) != HandshakeRecords.State.MORE) {
            done = true;
        }
    }

    /**
     * Tells whether everything of interest was seen, so that no more need be fed.
     *
     * @return true at the first encrypted record at the latest
     */
    public boolean done() {
        return done;
    }

    /**
     * The named group under its IANA name, or as {@code 0xABCD} where it has none here.
     *
     * @return the group; empty before it was seen and for a resumed TLS 1.2 session
     */
    public Optional<String> group() {
        return group < 0
                ? Optional.empty()
                : Optional.of(NamedGroups.nameOf(group).orElseGet(() -> String.format("0x%04X", group)));
    }

    /**
     * The fatal alert that the server sent in plaintext.
     *
     * @return its number (RFC 8446 section 6), or -1
     */
    public int alert() {
        return alert;
    }

    private final class Messages implements HandshakeRecords.Visitor {

        @Override
        public boolean message(int type, byte[] body) {
            try {
                if (type == SERVER_HELLO) {
                    return readServerHello(ByteBuffer.wrap(body));
                }
                if (type == SERVER_KEY_EXCHANGE) {
                    readServerKeyExchange(ByteBuffer.wrap(body));
                    return false;
                }
            } catch (BufferUnderflowException | IllegalArgumentException e) {
                return false;
            }
            return true;
        }

        @Override
        public boolean other(int recordType, byte[] payload) {
            if (recordType == HandshakeRecords.ALERT && payload.length == 2 && payload[0] == FATAL) {
                alert = payload[1] & 0xFF;
            }
            // Between a HelloRetryRequest and the ServerHello stands a dummy change_cipher_spec (RFC 8446 appendix
            // D.4).
            return recordType == HandshakeRecords.CHANGE_CIPHER_SPEC && retried && group < 0;
        }
    }

    private boolean readServerHello(ByteBuffer body) {
        body.getShort();
        byte[] random = new byte[32];
        body.get(random);
        skip(body, body.get() & 0xFF);
        skip(body, 3);
        boolean retry = Arrays.equals(random, RETRY_RANDOM);
        retried |= retry;
        int extensions = body.hasRemaining() ? body.getShort() & 0xFFFF : 0;
        int end = body.position() + extensions;
        while (!retry && body.position() < end) {
            int type = body.getShort() & 0xFFFF;
            int length = body.getShort() & 0xFFFF;
            if (type == KEY_SHARE) {
                group = body.getShort() & 0xFFFF;
                return false;
            }
            skip(body, length);
        }
        return true;
    }

    private void readServerKeyExchange(ByteBuffer body) {
        if (body.get() == NAMED_CURVE) {
            group = body.getShort() & 0xFFFF;
        }
    }

    private static void skip(ByteBuffer body, int count) {
        body.position(body.position() + count);
    }
}
