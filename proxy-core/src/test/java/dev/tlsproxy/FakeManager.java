package dev.tlsproxy;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateStatus;
import dev.tlsproxy.spi.CertificateStatus.State;
import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.TestCa;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A certificate manager that does what a test tells it, when it tells it. */
final class FakeManager implements CertificateManager {

    final TestCa ca = TestCa.create();
    final List<String> demanded = new CopyOnWriteArrayList<>();
    final List<String> used = new CopyOnWriteArrayList<>();
    final Map<String, CompletableFuture<Boolean>> grants = new ConcurrentHashMap<>();
    final List<Set<String>> heard = new CopyOnWriteArrayList<>();
    volatile @Nullable String refusal;
    private boolean changeable;
    private final boolean onDemand;
    private volatile @Nullable Context context;
    private volatile boolean closed;

    FakeManager(boolean onDemand) {
        this.onDemand = onDemand;
    }

    @Override
    public void start(Context context) {
        this.context = context;
    }

    /** Takes other names, unless there is a {@link #refusal}. */
    FakeManager changeable() {
        changeable = true;
        return this;
    }

    @Override
    public void names(Set<String> names) {
        if (!changeable) {
            throw new UnsupportedOperationException("names of a manager are fixed at its start");
        }
        String problem = refusal;
        if (problem != null) {
            throw new IllegalStateException(problem);
        }
        heard.add(names);
    }

    Context context() {
        Context present = context;
        if (present == null) {
            throw new AssertionError("the manager was not started");
        }
        return present;
    }

    /** As a manager does after an order. */
    CertifiedKey issue(String name) {
        CertifiedKey key = ca.issue(name);
        context().sink().deploy(name, key);
        state(name, State.ISSUED);
        return key;
    }

    void state(String name, State state) {
        context().sink().status(CertificateStatus.of(name, state, Optional.empty()));
    }

    void fail(String name, Instant until, String problem) {
        context()
                .sink()
                .status(new CertificateStatus(
                        name, State.BACKING_OFF, Optional.empty(), Optional.of(until), Optional.of(problem)));
    }

    @Override
    public Optional<CompletionStage<Boolean>> demand(String serverName) {
        demanded.add(serverName);
        if (serverName.startsWith("broken.")) {
            throw new IllegalStateException("a defect of the manager");
        }
        return Optional.ofNullable(grants.get(serverName));
    }

    @Override
    public void used(String serverName) {
        used.add(serverName);
        if (serverName.startsWith("broken.")) {
            throw new IllegalStateException("a defect of the manager");
        }
    }

    @Override
    public boolean servesOnDemand() {
        return onDemand;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        closed = true;
    }
}
