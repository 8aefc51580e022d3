package dev.tlsproxy;

import dev.tlsproxy.spi.CertificateManager;
import dev.tlsproxy.spi.CertificateSink;
import dev.tlsproxy.spi.CertificateStore;
import dev.tlsproxy.spi.ChallengePort;
import java.util.Set;

/** What one certificate manager works with. */
record ManagerContext(Set<String> names, CertificateStore store, CertificateSink sink, ChallengePort challenges)
        implements CertificateManager.Context {}
