package dev.tlsproxy.acme.internal.ca;

import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.connector.Connection;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.provider.GenericAcmeProvider;
import org.shredzone.acme4j.toolbox.JSON;

/** How acme4j reaches one CA: with trust of its own, our connection, and the directory kept for an hour. */
final class CaProvider extends GenericAcmeProvider {

    /** Let's Encrypt forbids HTTP caches to keep the directory, and so acme4j would read it before nearly each request. */
    private static final Duration DIRECTORY_KEPT = Duration.ofHours(1);

    private final List<X509Certificate> trusted;
    private final Clock clock;
    private volatile @Nullable Instant directoryRead;
    private volatile @Nullable HttpClient client;

    CaProvider(List<X509Certificate> trusted, Clock clock) {
        this.trusted = trusted;
        this.clock = clock;
    }

    @Override
    public HttpClient createHttpClient(NetworkSettings settings) {
        HttpClient created = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(settings.getTimeout())
                .sslContext(CaTrust.context(trusted))
                .build();
        client = created;
        return created;
    }

    @Override
    public Connection connect(URI serverUri, NetworkSettings settings, HttpClient httpClient) {
        return new CaConnection(createHttpConnector(settings, httpClient), settings.getTimeout(), clock);
    }

    @Override
    public @Nullable JSON directory(Session session, URI serverUri) throws AcmeException {
        Instant now = clock.instant();
        Instant read = directoryRead;
        if (session.hasDirectory() && read != null && !now.isBefore(read) && now.isBefore(read.plus(DIRECTORY_KEPT))) {
            return null;
        }
        JSON directory = super.directory(session, serverUri);
        directoryRead = now;
        return directory;
    }

    /** Ends the client's threads where the JDK can (21 and later); else they end when it is garbage. */
    void shutdown() {
        HttpClient open = client;
        if (open == null) {
            return;
        }
        try {
            HttpClient.class.getMethod("shutdownNow").invoke(open);
        } catch (NoSuchMethodException before21) {
            client = null;
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("HTTP client can't be shut down", e);
        }
    }
}
