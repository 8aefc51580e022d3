package dev.tlsproxy.internal.tls;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.bouncycastle.jsse.BCSNIMatcher;
import org.bouncycastle.jsse.BCSNIServerName;
import org.bouncycastle.jsse.BCSSLParameters;

/** The parameters of a server engine, by what the client sent. */
final class EngineParameters {

    private static final String[] TLS13_SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"
    };
    private static final String[] ALL_SUITES = {
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
    };

    /** Names that bctls can represent; on others (a trailing dot, an underscore) its SNI matching throws. */
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?");

    /** All with which a key that {@link SniKeyManager} gives can sign in TLS 1.3. */
    private static final String[] TLS13_SCHEMES = {
        "ecdsa_secp256r1_sha256",
        "ecdsa_secp384r1_sha384",
        "rsa_pss_rsae_sha256",
        "rsa_pss_rsae_sha384",
        "rsa_pss_rsae_sha512"
    };

    private final boolean tls12;
    private final Map<Integer, BCSSLParameters> withMatcher = new HashMap<>();
    private final Map<Integer, BCSSLParameters> withoutMatcher = new HashMap<>();
    private final Map<Integer, BCSSLParameters> forTls13 = new HashMap<>();
    private final BCSSLParameters challenge;

    EngineParameters(boolean tls12) {
        this.tls12 = tls12;
        for (int first : NamedGroups.PREFERENCE) {
            withMatcher.put(first, make(first, "h2", "http/1.1"));
            withoutMatcher.put(first, make(first, "h2", "http/1.1"));
            forTls13.put(first, makeForTls13(first));
        }
        withMatcher.values().forEach(parameters -> parameters.setSNIMatchers(List.of(new AnyHostName())));
        this.challenge = make(NamedGroups.X25519, "acme-tls/1");
    }

    /**
     * The parameters for one client. bctls takes the first common group and only then looks for its key share, so the
     * group to use is put in front: the best one of which a share came, unless the hybrid is worth another round trip.
     */
    BCSSLParameters forClient(ClientHello hello, boolean preferHybrid) {
        int first = preferHybrid
                ? NamedGroups.X25519MLKEM768
                : NamedGroups.PREFERENCE.stream()
                        .filter(hello.keyShares()::contains)
                        .findFirst()
                        .orElse(NamedGroups.X25519MLKEM768);
        if (hello.offersTls13() && hello.groups().contains(first)) {
            return found(forTls13, first);
        }
        boolean plain = hello.serverName()
                .filter(name -> PLAIN_NAME.matcher(name).matches())
                .isPresent();
        return found(plain ? withMatcher : withoutMatcher, first);
    }

    private static BCSSLParameters found(Map<Integer, BCSSLParameters> parameters, int first) {
        BCSSLParameters found = parameters.get(first);
        if (found == null) {
            throw new IllegalStateException("no parameters for group " + first);
        }
        return found;
    }

    BCSSLParameters forChallenge(ClientHello hello) {
        return hello.keyShares().isEmpty() ? challenge : challengeFor(hello);
    }

    private BCSSLParameters challengeFor(ClientHello hello) {
        int first = NamedGroups.PREFERENCE.stream()
                .filter(hello.keyShares()::contains)
                .findFirst()
                .orElse(NamedGroups.X25519);
        return make(first, "acme-tls/1");
    }

    private BCSSLParameters make(int firstGroup, String... applicationProtocols) {
        BCSSLParameters parameters = tls12
                ? new BCSSLParameters(ALL_SUITES.clone(), new String[] {"TLSv1.3", "TLSv1.2"})
                : new BCSSLParameters(TLS13_SUITES.clone(), new String[] {"TLSv1.3"});
        // AES-GCM has processor support through the JVM; ChaCha20 here is plain Java.
        parameters.setUseCipherSuitesOrder(true);
        parameters.setNamedGroups(NamedGroups.preferenceWithFirst(firstGroup));
        parameters.setUseNamedGroupsOrder(true);
        parameters.setApplicationProtocols(applicationProtocols);
        return parameters;
    }

    /**
     * What a client needs that offers TLS 1.3 and the group. bctls holds every protocol, suite, group and signature
     * scheme on a list against the JVM's disabled algorithms, by regular expressions, in each handshake. It still does;
     * these lists leave out only what such a handshake can't come to. TLS 1.3 is taken wherever it is offered, the first
     * group wherever the client has it, and there are no sessions, so no SNI matcher is needed.
     */
    static BCSSLParameters makeForTls13(int firstGroup) {
        BCSSLParameters parameters = new BCSSLParameters(TLS13_SUITES.clone(), new String[] {"TLSv1.3"});
        parameters.setUseCipherSuitesOrder(true);
        parameters.setNamedGroups(NamedGroups.withCurvesOfKeys(firstGroup));
        parameters.setUseNamedGroupsOrder(true);
        parameters.setSignatureSchemes(TLS13_SCHEMES.clone());
        parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
        return parameters;
    }

    /** Without a matcher bctls resumes a TLS 1.2 session under another name than the one it was made for. */
    private static final class AnyHostName extends BCSNIMatcher {

        AnyHostName() {
            super(0);
        }

        @Override
        public boolean matches(BCSNIServerName serverName) {
            return true;
        }
    }
}
