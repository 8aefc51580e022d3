package dev.tlsproxy.internal.listen;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.Conduits;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Has an HTTP/1.1 request head that is over a limit answered with 414 or 431 (RFC 9110 section 15.5.15, RFC 6585 section
 * 5): Undertow answers all it can't parse with one 400 of its own. Used on the connection's I/O thread.
 */
final class LargeHead {

    private static final byte[] BAD_REQUEST = answer("400 Bad Request");
    private static final byte[] TARGET_TOO_LONG = answer("414 URI Too Long");
    private static final byte[] FIELDS_TOO_LARGE = answer("431 Request Header Fields Too Large");
    private static final int MAX_DISCARDED = 256 * 1024;

    private final int maxBytes;
    private final int maxFields;
    private int bytes;
    private int requestLine;
    private int lines;
    private int lineLength;
    private boolean whole;

    private LargeHead(ListenConfig config) {
        this.maxBytes = config.maxHeaderBytes();
        this.maxFields = config.maxHeaders();
    }

    /** Before Undertow opens the connection; {@code first} is what was read from it already. */
    static void putOn(StreamConnection connection, ListenConfig config, ByteBuffer first) {
        LargeHead head = new LargeHead(config);
        head.received(first.duplicate());
        ConduitStreamSourceChannel source = connection.getSourceChannel();
        Source watched = head.new Source(source.getConduit());
        source.setConduit(watched);
        connection
                .getSinkChannel()
                .setConduit(head.new Sink(connection.getSinkChannel().getConduit(), watched));
    }

    private static byte[] answer(String status) {
        return ("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Follows a head up to its empty line, or to where it is over the limit. */
    void received(ByteBuffer read) {
        while (!whole && bytes <= maxBytes && read.hasRemaining()) {
            byte b = read.get();
            bytes++;
            if (b == '\n') {
                whole = lineLength == 0 && lines > 0;
                requestLine = lines == 0 ? bytes : requestLine;
                lines++;
                lineLength = 0;
            } else if (b != '\r') {
                lineLength++;
            }
        }
    }

    /** A response begins: what comes behind it is another head. */
    private void answered() {
        bytes = 0;
        lines = 0;
        lineLength = 0;
        whole = false;
    }

    private byte @Nullable [] betterAnswer() {
        if (bytes > maxBytes) {
            return lines == 0 || requestLine > maxBytes ? TARGET_TOO_LONG : FIELDS_TOO_LARGE;
        }
        return lines > maxFields ? FIELDS_TOO_LARGE : null;
    }

    private final class Source extends AbstractStreamSourceConduit<StreamSourceConduit> {

        Source(StreamSourceConduit next) {
            super(next);
        }

        /** Undertow reads request heads by this method only. */
        @Override
        public int read(ByteBuffer target) throws IOException {
            int before = target.position();
            int count = next.read(target);
            if (count > 0 && !whole) {
                received(target.duplicate().flip().position(before));
            }
            return count;
        }

        /** A connection that is closed with unread bytes is reset, and a reset overtakes the answer. */
        void discard() throws IOException {
            ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
            int discarded = 0;
            int count;
            do {
                count = next.read(buffer.clear());
                discarded += count;
            } while (count > 0 && discarded < MAX_DISCARDED);
        }
    }

    private final class Sink extends AbstractStreamSinkConduit<StreamSinkConduit> {

        private final Source source;
        private @Nullable ByteBuffer better;

        Sink(StreamSinkConduit next, Source source) {
            super(next);
            this.source = source;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            if (better == null && ByteBuffer.wrap(BAD_REQUEST).equals(from)) {
                byte[] answer = betterAnswer();
                better = answer == null ? null : ByteBuffer.wrap(answer);
            }
            if (better == null) {
                answered();
                return next.write(from);
            }
            next.write(better);
            if (better.hasRemaining()) {
                return 0;
            }
            source.discard();
            int count = from.remaining();
            from.position(from.limit());
            return count;
        }

        @Override
        public long write(ByteBuffer[] from, int offset, int length) throws IOException {
            answered();
            return next.write(from, offset, length);
        }

        @Override
        public int writeFinal(ByteBuffer from) throws IOException {
            return Conduits.writeFinalBasic(this, from);
        }

        @Override
        public long writeFinal(ByteBuffer[] from, int offset, int length) throws IOException {
            answered();
            return next.writeFinal(from, offset, length);
        }

        @Override
        public long transferFrom(StreamSourceChannel from, long count, ByteBuffer through) throws IOException {
            answered();
            return next.transferFrom(from, count, through);
        }
    }
}
