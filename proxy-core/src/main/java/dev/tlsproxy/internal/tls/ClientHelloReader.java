package dev.tlsproxy.internal.tls;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a ClientHello from the first bytes of a connection, however they are cut into records and segments. Takes a
 * message of up to 16 KiB; whatever a peer sends gives a {@link Status}, never an exception. One per connection.
 */
public final class ClientHelloReader {

    private static final int MAX_MESSAGE = 16 * 1024;
    private static final int CLIENT_HELLO = 1;

    /** What the bytes so far are. */
    public enum Status {
        /** The start of a ClientHello. */
        NEED_MORE,
        /** A whole ClientHello; {@link #hello} has it. */
        COMPLETE,
        /** Something else than TLS from the first byte on. */
        NOT_TLS,
        /** Broken, or not begun by a ClientHello. */
        MALFORMED
    }

    private final HandshakeRecords records = new HandshakeRecords(MAX_MESSAGE, new FirstMessage());
    private Status status = Status.NEED_MORE;
    private @Nullable ClientHello hello;
    private boolean begun;

    /**
     * Takes the next bytes.
     *
     * @param bytes what has arrived since the last call; its position moves
     * @return what all bytes so far are
     */
    public Status feed(ByteBuffer bytes) {
        if (!begun && bytes.hasRemaining()) {
            begun = true;
            if (bytes.get(bytes.position()) != HandshakeRecords.HANDSHAKE) {
                status = Status.NOT_TLS;
            }
        }
        if (status == Status.NEED_MORE && records.feed(bytes) == HandshakeRecords.State.MALFORMED) {
            status = Status.MALFORMED;
        }
        return status;
    }

    /**
     * The ClientHello.
     *
     * @return what was read; empty before {@link Status#COMPLETE}
     */
    public Optional<ClientHello> hello() {
        return Optional.ofNullable(hello);
    }

    private final class FirstMessage implements HandshakeRecords.Visitor {

        @Override
        public boolean message(int type, byte[] body) {
            hello = type == CLIENT_HELLO
                    ? ClientHelloParser.parse(ByteBuffer.wrap(body)).orElse(null)
                    : null;
            status = hello == null ? Status.MALFORMED : Status.COMPLETE;
            return false;
        }

        @Override
        public boolean other(int recordType, byte[] payload) {
            status = Status.MALFORMED;
            return false;
        }
    }
}
