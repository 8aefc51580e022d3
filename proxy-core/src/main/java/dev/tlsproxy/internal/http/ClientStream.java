package dev.tlsproxy.internal.http;

import io.undertow.util.AttachmentKey;

/** The HTTP/2 stream of an exchange, as far as the pipeline needs it. The HTTPS listener attaches it to the exchange. */
@FunctionalInterface
public interface ClientStream {

    /** Where an exchange has it. */
    AttachmentKey<ClientStream> KEY = AttachmentKey.create(ClientStream.class);

    /**
     * Whether neither side has reset the stream. Undertow itself tells of a reset at the next read or write only, which a
     * request that waits for its response has none of.
     *
     * @return false after RST_STREAM (RFC 9113 section 6.4)
     */
    boolean isOpen();
}
