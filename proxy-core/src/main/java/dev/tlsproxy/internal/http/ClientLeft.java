package dev.tlsproxy.internal.http;

import io.undertow.server.ServerConnection;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.Headers;
import io.undertow.util.ImmediatePooledByteBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Looks whether a client that waits for its response is still there. */
final class ClientLeft {

    private static final int PEEK = 512;

    private ClientLeft() {}

    /** True when an HTTP/2 client has reset the stream, or an HTTP/1.1 client has ended its connection. */
    static boolean check(ExchangeState state) {
        ClientStream stream = state.exchange().getAttachment(ClientStream.KEY);
        return stream != null ? !stream.isOpen() : state.exchange().isRequestComplete() && ended(state);
    }

    /**
     * Reads from the connection. What comes is the next request of a client that pipelines: it is kept for Undertow's
     * parser, and while it waits there nothing more is read.
     *
     * @return true at the end of the stream. A client that only closed its own direction counts as gone too
     */
    private static boolean ended(ExchangeState state) {
        ServerConnection connection = state.exchange().getConnection();
        if (!(connection instanceof HttpServerConnection http1)
                || http1.getExtraBytes() != null
                || state.head().fields().contains(Headers.UPGRADE)) {
            return false;
        }
        ByteBuffer buffer = ByteBuffer.allocate(PEEK);
        try {
            int read = http1.getOriginalSourceConduit().read(buffer);
            if (read > 0) {
                buffer.flip();
                http1.ungetRequestBytes(new ImmediatePooledByteBuffer(buffer));
            }
            return read < 0;
        } catch (IOException e) {
            return true;
        }
    }
}
