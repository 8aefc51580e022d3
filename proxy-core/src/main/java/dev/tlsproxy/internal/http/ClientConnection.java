package dev.tlsproxy.internal.http;

import io.undertow.server.ServerConnection;
import io.undertow.util.AttachmentKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the exchanges of one client connection share. Used on the connection's I/O thread. */
final class ClientConnection {

    /** Undertow advertises SETTINGS_MAX_CONCURRENT_STREAMS and does not enforce it (RFC 9113 section 5.1.2). */
    static final int MAX_CONCURRENT_REQUESTS = 100;

    private static final AttachmentKey<ClientConnection> KEY = AttachmentKey.create(ClientConnection.class);

    private @Nullable ExchangeState only; // of HTTP/1.1 there is never another
    private final Set<ExchangeState> others = new HashSet<>(2);
    private @Nullable String coveredHost;

    private ClientConnection() {}

    static ClientConnection of(ServerConnection connection) {
        ClientConnection known = connection.getAttachment(KEY);
        if (known == null) {
            ClientConnection created = new ClientConnection();
            connection.putAttachment(KEY, created);
            connection.addCloseListener(closed -> created.closed());
            known = created;
        }
        return known;
    }

    void begin(ExchangeState state) {
        if (only == null) {
            only = state;
        } else {
            others.add(state);
        }
    }

    void end(ExchangeState state) {
        if (state.equals(only)) {
            only = null;
        } else {
            others.remove(state);
        }
    }

    /** Refusals that are not read pile up as well: RFC 9113 section 10.5. */
    boolean flooded() {
        return live() > 2 * MAX_CONCURRENT_REQUESTS;
    }

    boolean overLimit() {
        return live() > MAX_CONCURRENT_REQUESTS;
    }

    private int live() {
        return others.size() + (only == null ? 0 : 1);
    }

    /** Whether the host was found covered by the connection's certificate; the last one only, most have no other. */
    boolean covered(String host) {
        return host.equals(coveredHost);
    }

    void rememberCovered(String host) {
        coveredHost = host;
    }

    /** Undertow does not end the exchanges of an HTTP/2 connection that closes, nor does it tell of a tunnel's end. */
    private void closed() {
        List<ExchangeState> live = new ArrayList<>(others);
        if (only != null) {
            live.add(only);
        }
        live.forEach(ExchangeState::abandon);
    }
}
