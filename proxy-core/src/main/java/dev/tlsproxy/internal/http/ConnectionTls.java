package dev.tlsproxy.internal.http;

import dev.tlsproxy.spi.NegotiatedTls;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.util.AttachmentKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.xnio.Option;

/**
 * Finds what the handshake of an exchange's connection agreed on. The HTTPS listener puts it in one of two places,
 * because Undertow's HTTP/2 connection answers null to every option and its HTTP/1.1 connection has no attachments before
 * the first request.
 */
public final class ConnectionTls {

    /** Where an HTTP/1.1 connection has it: an option of its StreamConnection. */
    public static final Option<NegotiatedTls> OPTION =
            Option.simple(ConnectionTls.class, "NEGOTIATED_TLS", NegotiatedTls.class);

    /** Where an HTTP/2 connection has it: an attachment of its Http2Channel. */
    public static final AttachmentKey<NegotiatedTls> ATTACHMENT = AttachmentKey.create(NegotiatedTls.class);

    private ConnectionTls() {}

    /**
     * What the handshake of the exchange's connection agreed on.
     *
     * @param exchange an exchange of the HTTPS listener
     * @return the negotiated parameters
     * @throws IllegalStateException for an exchange of another listener
     */
    static NegotiatedTls of(HttpServerExchange exchange) {
        ServerConnection connection = exchange.getConnection();
        NegotiatedTls attached = connection.getAttachment(ATTACHMENT);
        NegotiatedTls tls = attached != null ? attached : option(connection);
        if (tls == null) {
            throw new IllegalStateException("exchange without TLS parameters: not from the HTTPS listener");
        }
        return tls;
    }

    private static @Nullable NegotiatedTls option(ServerConnection connection) {
        try {
            return connection.getOption(OPTION);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
