package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.spi.ChallengeSolver;
import dev.tlsproxy.acme.spi.ChallengeType;
import dev.tlsproxy.spi.ChallengePort;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.challenge.Dns01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.challenge.TokenChallenge;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the answers to challenges where the CA looks for them. */
final class Presenter {

    private static final Logger LOG = LoggerFactory.getLogger(Presenter.class);
    private static final Duration PROPAGATION = Duration.ofMinutes(2);

    private final ChallengePort port;
    private final Optional<ChallengeSolver> dns;
    private final Clock clock;

    Presenter(ChallengePort port, Optional<ChallengeSolver> dns, Clock clock) {
        this.port = port;
        this.dns = dns;
        this.clock = clock;
    }

    Answer prepare(OrderName name, ChallengeType type, TokenChallenge challenge, Authorization authorization) {
        return switch (type) {
            case TLS_ALPN_01 ->
                new PortAnswer(
                        type,
                        challenge,
                        authorization,
                        () -> port.tlsAlpn01(
                                name.serverName(),
                                AlpnCertificate.create(
                                        name, ((TlsAlpn01Challenge) challenge).getAcmeValidation(), clock.instant())));
            case HTTP_01 ->
                new PortAnswer(
                        type,
                        challenge,
                        authorization,
                        () -> port.http01(
                                name.host(),
                                challenge.getJSON().get("token").asString(),
                                challenge.getAuthorization()));
            case DNS_01 ->
                new DnsAnswer(
                        dns.orElseThrow(), "_acme-challenge." + name.host(), (Dns01Challenge) challenge, authorization);
        };
    }

    /** The answer to one challenge. */
    interface Answer {

        ChallengeType type();

        TokenChallenge challenge();

        Authorization authorization();

        void present() throws IOException, InterruptedException;

        void await() throws IOException, InterruptedException;

        /** Never throws; true where it was interrupted. */
        boolean takeBack();
    }

    /** An answer that the proxy's own listeners give. */
    private static final class PortAnswer implements Answer {

        private final ChallengeType type;
        private final TokenChallenge challenge;
        private final Authorization authorization;
        private final java.util.function.Supplier<ChallengePort.Presented> presentation;
        private ChallengePort.@Nullable Presented presented;

        PortAnswer(
                ChallengeType type,
                TokenChallenge challenge,
                Authorization authorization,
                java.util.function.Supplier<ChallengePort.Presented> presentation) {
            this.type = type;
            this.challenge = challenge;
            this.authorization = authorization;
            this.presentation = presentation;
        }

        @Override
        public ChallengeType type() {
            return type;
        }

        @Override
        public TokenChallenge challenge() {
            return challenge;
        }

        @Override
        public Authorization authorization() {
            return authorization;
        }

        @Override
        public void present() {
            presented = presentation.get();
        }

        @Override
        public void await() {}

        @Override
        public boolean takeBack() {
            if (presented != null) {
                presented.close();
            }
            return false;
        }
    }

    /** An answer in the DNS. */
    private record DnsAnswer(
            ChallengeSolver solver, String recordName, Dns01Challenge challenge, Authorization authorization)
            implements Answer {

        @Override
        public ChallengeType type() {
            return ChallengeType.DNS_01;
        }

        @Override
        public void present() throws IOException, InterruptedException {
            try {
                solver.present(recordName, challenge.getDigest());
            } catch (RuntimeException e) {
                throw broken(e);
            }
        }

        @Override
        public void await() throws IOException, InterruptedException {
            try {
                solver.await(recordName, challenge.getDigest(), PROPAGATION);
            } catch (RuntimeException e) {
                throw broken(e);
            }
        }

        /** Else it would pass for a failure of the CA. */
        private IOException broken(RuntimeException e) {
            return new IOException(solver + " broke off with " + e, e);
        }

        @Override
        public boolean takeBack() {
            try {
                solver.cleanUp(recordName, challenge.getDigest());
            } catch (InterruptedException e) {
                return true;
            } catch (IOException | RuntimeException e) {
                LOG.warn("TXT record {} is left behind: {}", recordName, e.getMessage());
            }
            return false;
        }
    }
}
