package dev.tlsproxy.internal.http2;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Takes the bytes of an upstream apart into frames, strict about their form (RFC 9113 sections 4 and 6). The content of
 * DATA passes as it comes; every other frame is told of when it is whole, a head with all its CONTINUATIONs.
 */
final class FrameReader {

    /** What a head may have on the wire. What is decoded of it has a limit of its own. */
    static final int MAX_BLOCK = 128 * 1024;

    static final int MAX_BLOCK_FRAMES = 64;

    /** Told of each frame, in order. The buffers are the reader's: what is left in them is lost. */
    interface Handler {

        /** A DATA frame begins; {@code octets} is what flow control counts: content and padding. */
        void dataBegins(int stream, int octets) throws ConnectionErrorException;

        /** Some content of the DATA frame under way; never empty. */
        void data(int stream, ByteBuffer content) throws ConnectionErrorException;

        /** The DATA frame is over. */
        void dataEnds(int stream, int padding, boolean empty, boolean endStream) throws ConnectionErrorException;

        void head(int stream, ByteBuffer block, boolean endStream) throws ConnectionErrorException;

        void reset(int stream, int code) throws ConnectionErrorException;

        void settings(ByteBuffer payload) throws ConnectionErrorException;

        void settingsAck() throws ConnectionErrorException;

        void ping(long opaque) throws ConnectionErrorException;

        void goAway(int lastStream, int code) throws ConnectionErrorException;

        void windowUpdate(int stream, int increment) throws ConnectionErrorException;

        /** One that means nothing here. */
        void ignored() throws ConnectionErrorException;
    }

    private final Handler handler;
    private final ByteBuffer head = ByteBuffer.allocate(Frame.HEAD);
    private boolean begun; // the head is whole
    private boolean first = true;
    private int length;
    private int type;
    private int flags;
    private int stream;
    private byte[] payload = new byte[64];
    private int have;
    private int dataLeft; // of the DATA frame under way, content and padding
    private int padding; // -1 before its length is known
    private boolean dataEmpty;
    private int blockStream; // 0 without a head under way
    private boolean blockEnds;
    private byte[] block = new byte[0];
    private int blockLength;
    private int blockFrames;

    FrameReader(Handler handler) {
        this.handler = handler;
    }

    /** Takes all bytes. After an exception nothing more can be read. */
    void read(ByteBuffer in) throws ConnectionErrorException {
        while (true) {
            if (!begun) {
                move(in, head);
                if (head.hasRemaining()) {
                    return;
                }
                begin();
            }
            if (type == Frame.DATA ? !readData(in) : !readPayload(in)) {
                return;
            }
            begun = false;
            head.clear();
        }
    }

    private void begin() throws ConnectionErrorException {
        length = ((head.get(0) & 0xFF) << 16) | (head.getShort(1) & 0xFFFF);
        type = head.get(3) & 0xFF;
        flags = head.get(4) & 0xFF;
        stream = head.getInt(5) & Integer.MAX_VALUE;
        begun = true;
        have = 0;
        checkHead();
        if (type == Frame.DATA) {
            dataLeft = length;
            padding = (flags & Frame.PADDED) != 0 ? -1 : 0;
            dataEmpty = true;
            handler.dataBegins(stream, length);
        } else if (payload.length < length) {
            payload = new byte[length];
        }
    }

    /** All that can be told from the nine octets, before a payload is waited for. */
    private void checkHead() throws ConnectionErrorException {
        if (first && (type != Frame.SETTINGS || stream != 0 || (flags & Frame.ACK) != 0)) {
            throw error(
                    Frame.PROTOCOL_ERROR,
                    "no HTTP/2 (expected: a SETTINGS frame first; a server of HTTP/1.1 is given as http:// or https://)");
        }
        first = false;
        if (length > Frame.DEFAULT_MAX_PAYLOAD) {
            throw error(Frame.FRAME_SIZE_ERROR, Frame.name(type) + ": larger than " + Frame.DEFAULT_MAX_PAYLOAD);
        }
        if (blockStream != 0 && (type != Frame.CONTINUATION || stream != blockStream)) {
            throw error(Frame.PROTOCOL_ERROR, Frame.name(type) + " within a head");
        }
        switch (type) {
            case Frame.DATA, Frame.HEADERS -> {
                requireStream(true);
                if ((flags & Frame.PADDED) != 0 && length == 0) {
                    throw error(Frame.FRAME_SIZE_ERROR, Frame.name(type) + ": no room for its padding");
                }
            }
            case Frame.PRIORITY -> {
                requireStream(true);
                requireLength(5);
            }
            case Frame.RST_STREAM -> {
                requireStream(true);
                requireLength(4);
            }
            case Frame.SETTINGS -> {
                requireStream(false);
                if (length % 6 != 0 || ((flags & Frame.ACK) != 0 && length != 0)) {
                    throw error(Frame.FRAME_SIZE_ERROR, "SETTINGS: length " + length);
                }
            }
            case Frame.PUSH_PROMISE -> throw error(Frame.PROTOCOL_ERROR, "PUSH_PROMISE, which was not permitted");
            case Frame.PING -> {
                requireStream(false);
                requireLength(8);
            }
            case Frame.GOAWAY -> {
                requireStream(false);
                if (length < 8) {
                    throw error(Frame.FRAME_SIZE_ERROR, "GOAWAY: length " + length);
                }
            }
            case Frame.WINDOW_UPDATE -> requireLength(4);
            case Frame.CONTINUATION -> {
                if (blockStream == 0) {
                    throw error(Frame.PROTOCOL_ERROR, "CONTINUATION without a head");
                }
            }
            default -> {
                // to be ignored: RFC 9113 section 4.1
            }
        }
    }

    private void requireStream(boolean wanted) throws ConnectionErrorException {
        if ((stream != 0) != wanted) {
            throw error(Frame.PROTOCOL_ERROR, Frame.name(type) + (wanted ? " on stream 0" : " on a stream"));
        }
    }

    private void requireLength(int wanted) throws ConnectionErrorException {
        if (length != wanted) {
            throw error(Frame.FRAME_SIZE_ERROR, Frame.name(type) + ": length " + length);
        }
    }

    /** True at the end of the frame. */
    private boolean readData(ByteBuffer in) throws ConnectionErrorException {
        if (padding < 0) {
            if (!in.hasRemaining()) {
                return false;
            }
            padding = in.get() & 0xFF;
            dataLeft--;
            if (padding > dataLeft) {
                throw error(Frame.PROTOCOL_ERROR, "DATA: more padding than payload");
            }
        }
        int content = Math.min(dataLeft - padding, in.remaining());
        if (content > 0) {
            ByteBuffer piece = in.slice().limit(content);
            in.position(in.position() + content);
            dataLeft -= content;
            dataEmpty = false;
            handler.data(stream, piece);
        }
        if (dataLeft <= padding) {
            int skipped = Math.min(dataLeft, in.remaining());
            in.position(in.position() + skipped);
            dataLeft -= skipped;
        }
        if (dataLeft > 0) {
            return false;
        }
        int unused = (flags & Frame.PADDED) != 0 ? padding + 1 : 0;
        handler.dataEnds(stream, unused, dataEmpty, (flags & Frame.END_STREAM) != 0);
        return true;
    }

    /** True at the end of the frame. */
    private boolean readPayload(ByteBuffer in) throws ConnectionErrorException {
        int count = Math.min(length - have, in.remaining());
        in.get(payload, have, count);
        have += count;
        if (have < length) {
            return false;
        }
        whole(ByteBuffer.wrap(payload, 0, length));
        return true;
    }

    private void whole(ByteBuffer body) throws ConnectionErrorException {
        switch (type) {
            case Frame.HEADERS -> {
                blockStream = stream;
                blockEnds = (flags & Frame.END_STREAM) != 0;
                blockLength = 0;
                blockFrames = 0;
                fragment(withoutPadding(body));
            }
            case Frame.CONTINUATION -> fragment(body);
            case Frame.RST_STREAM -> handler.reset(stream, body.getInt());
            case Frame.SETTINGS -> {
                if ((flags & Frame.ACK) != 0) {
                    handler.settingsAck();
                } else {
                    handler.settings(body);
                }
            }
            case Frame.PING -> {
                if ((flags & Frame.ACK) != 0) {
                    handler.ignored();
                } else {
                    handler.ping(body.getLong());
                }
            }
            case Frame.GOAWAY -> handler.goAway(body.getInt() & Integer.MAX_VALUE, body.getInt());
            case Frame.WINDOW_UPDATE -> handler.windowUpdate(stream, body.getInt() & Integer.MAX_VALUE);
            default -> handler.ignored();
        }
    }

    private ByteBuffer withoutPadding(ByteBuffer body) throws ConnectionErrorException {
        int pad = (flags & Frame.PADDED) != 0 ? body.get() & 0xFF : 0;
        int priority = (flags & Frame.PRIORITY_FLAG) != 0 ? 5 : 0;
        if (pad + priority > body.remaining()) {
            throw error(Frame.PROTOCOL_ERROR, "HEADERS: more padding than payload");
        }
        body.position(body.position() + priority);
        return body.limit(body.limit() - pad);
    }

    private void fragment(ByteBuffer more) throws ConnectionErrorException {
        if (blockLength + more.remaining() > MAX_BLOCK || ++blockFrames > MAX_BLOCK_FRAMES) {
            throw error(Frame.ENHANCE_YOUR_CALM, "response head: too long");
        }
        boolean end = (flags & Frame.END_HEADERS) != 0;
        if (end && blockLength == 0) {
            deliver(more); // all in one frame, as most are
            return;
        }
        int needed = blockLength + more.remaining();
        if (block.length < needed) {
            block = Arrays.copyOf(block, Math.max(needed, 2 * block.length));
        }
        int count = more.remaining();
        more.get(block, blockLength, count);
        blockLength += count;
        if (end) {
            ByteBuffer joined = ByteBuffer.wrap(block, 0, blockLength);
            block = new byte[0];
            deliver(joined);
        }
    }

    private void deliver(ByteBuffer whole) throws ConnectionErrorException {
        int of = blockStream;
        blockStream = 0;
        blockLength = 0;
        handler.head(of, whole, blockEnds);
    }

    private static void move(ByteBuffer from, ByteBuffer to) {
        while (from.hasRemaining() && to.hasRemaining()) {
            to.put(from.get());
        }
    }

    private static ConnectionErrorException error(int code, String fault) {
        return new ConnectionErrorException(code, fault);
    }
}
