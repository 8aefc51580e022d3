package dev.tlsproxy.spi;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Hears what happens in a proxy: for access logs, counters and alarms.
 *
 * <p>Methods are called on I/O threads, several at once, and must not block. What they throw is logged and changes
 * nothing else.
 */
public interface ProxyEvents {

    /**
     * A connection was refused before its TLS handshake or first request: it was over one of the proxy's limits, or did not
     * begin with the PROXY header that was asked for. May be called very often.
     *
     * @param client the peer address of the connection, or the one its PROXY header names
     * @param reason one sentence
     */
    default void connectionRefused(InetSocketAddress client, String reason) {}

    /**
     * A client's TLS handshake has succeeded.
     *
     * @param client the peer address of the connection
     * @param tls what it agreed on
     */
    default void handshakeCompleted(InetSocketAddress client, NegotiatedTls tls) {}

    /**
     * A client connection ended before its TLS handshake did.
     *
     * @param client the peer address of the connection
     * @param serverName the host name of its ClientHello, where one was read
     * @param reason one sentence
     */
    default void handshakeFailed(InetSocketAddress client, Optional<String> serverName, String reason) {}

    /**
     * An exchange on the HTTPS listener has ended: its response is sent, cut, or its client gone. For a tunnel this is
     * when the tunnel has ended.
     *
     * @param exchange its figures
     */
    default void exchangeEnded(ExchangeSummary exchange) {}

    /**
     * A certificate is served from the next handshake on.
     *
     * @param name the host pattern it was deployed for
     * @param key the certificate; {@link CertifiedKey#toString} shows no key
     */
    default void certificateDeployed(String name, CertifiedKey key) {}

    /**
     * It stands otherwise with the certificate of a name than before.
     *
     * @param status the name and its state; {@link CertificateStatus.State#BACKING_OFF} and {@code FAILED_FOR_GOOD} are
     *     worth an alarm
     */
    default void certificateStatus(CertificateStatus status) {}

    /**
     * An upstream is skipped from now on, by every route where its connections fail, by those with the health check where
     * that failed. Told once until {@link #upstreamUp}, with the first cause.
     *
     * @param upstream as {@code http://127.0.0.1:7070}
     * @param reason a part of a sentence: {@code upstream refused the connection}
     */
    default void upstreamDown(String upstream, String reason) {}

    /**
     * An upstream that was down is no longer: it was reached, its health check passed, or no route has it any more.
     *
     * @param upstream as {@code http://127.0.0.1:7070}
     * @param reason a part of a sentence: {@code accepts connections}
     */
    default void upstreamUp(String upstream, String reason) {}
}
