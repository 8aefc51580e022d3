package dev.tlsproxy.internal.tls;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLContext;
import org.bouncycastle.jsse.BCSSLParameters;

/** What a server does with a ClientHello. */
public sealed interface Admission {

    /** RFC 8446 section 6: no common parameters. */
    int HANDSHAKE_FAILURE = 40;

    /** RFC 6066 section 3: no certificate for that name. */
    int UNRECOGNIZED_NAME = 112;

    /** RFC 7301 section 3.2: no common application protocol. */
    int NO_APPLICATION_PROTOCOL = 120;

    /**
     * Go on with the handshake.
     *
     * @param context makes the engine
     * @param certificateName the engine's peer host: the name whose certificate is shown
     * @param parameters the engine's parameters; not to be changed
     * @param serverName the name the client asked for, in normal form; empty where it sent none
     * @param challenge whether this is a tls-alpn-01 validation: the connection is closed after the handshake
     */
    record Proceed(
            SSLContext context,
            String certificateName,
            BCSSLParameters parameters,
            Optional<String> serverName,
            boolean challenge)
            implements Admission {}

    /**
     * Hold the handshake, then ask {@link ServerTlsContext#admitNow}.
     *
     * @param until completes when it is known whether there is a certificate; the same one for others who wait for it
     */
    record Wait(CompletionStage<Boolean> until) implements Admission {}

    /**
     * Send a fatal alert and close.
     *
     * @param alert its number (RFC 8446 section 6)
     * @param reason one sentence
     */
    record Refuse(int alert, String reason) implements Admission {}
}
