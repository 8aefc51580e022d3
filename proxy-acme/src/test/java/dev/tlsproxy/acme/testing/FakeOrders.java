package dev.tlsproxy.acme.testing;

import dev.tlsproxy.acme.testing.FakeCa.Answer;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/** The orders of a {@link FakeCa}: one authorization each, with all three challenges. Fields are the test's to set. */
public final class FakeOrders {

    /** The status an authorization starts with. */
    public volatile String authorizationStatus = "pending";

    /** Challenge types that fail. */
    public final Set<String> failing = ConcurrentHashMap.newKeySet();

    /** The status an order has once it is finalised. */
    public volatile String finalStatus = "valid";

    /** Members of an order to add, such as {@code ,"error":{...}}. */
    public volatile String orderExtra = "";

    /** Headers of each order and authorization. */
    public volatile Map<String, String> pollHeaders = Map.of();

    /** Whether the directory has renewalInfo. */
    public volatile boolean renewalInfo;

    /** The CA's clock, for the validity of certificates. */
    public volatile InstantSource clock = InstantSource.system();

    /** The token of each challenge. */
    public volatile String token = "dG9rZW4";

    /** The window that renewal information tells. */
    public volatile String window = "{\"start\":\"2030-01-01T00:00:00Z\",\"end\":\"2030-01-02T00:00:00Z\"}";

    /** How long certificates live. */
    public volatile Duration lifetime = Duration.ofDays(1);

    /** Runs when a challenge is initiated. */
    public volatile Runnable onChallenge = () -> {};

    /** The payloads of new-order. */
    public final List<Map<String, Object>> ordered = new java.util.concurrent.CopyOnWriteArrayList<>();

    private final String base;
    private final KeyPair caKeys;
    private String orderStatus = "pending";
    private String authorization = "pending";
    private String challengeError = "";
    private String name = "";
    private String certificate = "";

    FakeOrders(String base) {
        this.base = base;
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            caKeys = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    void heal() {
        finalStatus = "valid";
        orderExtra = "";
        pollHeaders = Map.of();
        failing.clear();
    }

    static Answer json(int status, @Nullable String location, String body) {
        Map<String, String> headers = new ConcurrentHashMap<>(Map.of("Content-Type", "application/json"));
        if (location != null) {
            headers.put("Location", location);
        }
        return new Answer(status, headers, body, true, false);
    }

    synchronized Answer answer(String endpoint, String path, Map<String, Object> payload) throws IOException {
        switch (endpoint) {
            case "dir":
                return json(200, null, directory());
            case "new-nonce":
                return new Answer(200, Map.of(), "", true, false);
            case "new-order":
                return newOrder(payload);
            case "order":
                return poll(order());
            case "authz":
                if (payload.containsKey("status")) {
                    authorization = "deactivated";
                }
                return poll(authorization());
            case "chall":
                return challenge(path.substring(path.lastIndexOf('/') + 1));
            case "finalize":
                certificate = sign((String) payload.get("csr"));
                orderStatus = finalStatus;
                return json(200, null, order());
            case "cert":
                return new Answer(
                        200, Map.of("Content-Type", "application/pem-certificate-chain"), certificate, true, false);
            case "ari":
                return poll("{\"suggestedWindow\":" + window + "}");
            default:
                return Answer.html(404, Map.of());
        }
    }

    private String directory() {
        return "{\"newNonce\":\"" + base + "/new-nonce\",\"newAccount\":\"" + base + "/new-account\",\"newOrder\":\""
                + base + "/new-order\",\"meta\":{\"termsOfService\":\"https://ca.example/terms\"}"
                + (renewalInfo ? ",\"renewalInfo\":\"" + base + "/ari\"" : "") + "}";
    }

    @SuppressWarnings("unchecked")
    private Answer newOrder(Map<String, Object> payload) {
        ordered.add(payload);
        Map<String, Object> identifier = ((List<Map<String, Object>>) payload.get("identifiers")).get(0);
        name = (String) identifier.get("value");
        authorization = authorizationStatus;
        orderStatus = authorization.equals("valid") ? "ready" : "pending";
        challengeError = "";
        return json(201, base + "/order/1", order());
    }

    private Answer poll(String body) {
        Answer answer = json(200, null, body);
        answer.headers().putAll(pollHeaders);
        return answer;
    }

    private Answer challenge(String type) {
        onChallenge.run();
        if (failing.contains(type)) {
            authorization = "invalid";
            orderStatus = "invalid";
            challengeError = type;
        } else {
            authorization = "valid";
            orderStatus = "ready";
        }
        return json(200, null, challengeJson(type));
    }

    private String order() {
        return "{\"status\":\"" + orderStatus + "\",\"identifiers\":[{\"type\":\"dns\",\"value\":\"" + name
                + "\"}],\"authorizations\":[\"" + base + "/authz/1\"],\"finalize\":\"" + base
                + "/finalize/1\",\"certificate\":\"" + base + "/cert/1\"" + orderExtra + "}";
    }

    private String authorization() {
        return "{\"status\":\"" + authorization + "\",\"identifier\":{\"type\":\"dns\",\"value\":\"" + name
                + "\"},\"challenges\":[" + challengeJson("http-01") + "," + challengeJson("tls-alpn-01") + ","
                + challengeJson("dns-01") + "]}";
    }

    private String challengeJson(String type) {
        boolean failed = challengeError.equals(type);
        return "{\"type\":\"" + type + "\",\"url\":\"" + base + "/chall/1/" + type
                + "\",\"token\":\"" + token + "\",\"status\":\""
                + (failed ? "invalid" : "pending") + "\""
                + (failed
                        ? ",\"error\":{\"type\":\"urn:ietf:params:acme:error:connection\",\"detail\":\"Connection refused\","
                                + "\"subproblems\":[{\"type\":\"urn:ietf:params:acme:error:dns\",\"detail\":\"no AAAA\","
                                + "\"identifier\":{\"type\":\"dns\",\"value\":\"" + name + "\"}}]},"
                                + "\"validationRecord\":[{\"hostname\":\"" + name + "\",\"port\":\"80\","
                                + "\"addressUsed\":\"203.0.113.7\"}]"
                        : "")
                + "}";
    }

    private String sign(String csr) throws IOException {
        try {
            PKCS10CertificationRequest request =
                    new PKCS10CertificationRequest(Base64.getUrlDecoder().decode(csr));
            Instant now = clock.instant();
            X509CertificateHolder signed = new X509v3CertificateBuilder(
                            new X500Name("CN=fake CA,O=nobody"),
                            BigInteger.valueOf(System.nanoTime()),
                            Date.from(now.minusSeconds(60)),
                            Date.from(now.plus(lifetime)),
                            new X500Name("CN=leaf"),
                            request.getSubjectPublicKeyInfo())
                    .addExtension(
                            Extension.authorityKeyIdentifier,
                            false,
                            new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(caKeys.getPublic()))
                    .addExtension(request.getRequestedExtensions().getExtension(Extension.subjectAlternativeName))
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(caKeys.getPrivate()));
            StringWriter text = new StringWriter();
            try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
                pem.writeObject(signed);
            }
            return text.toString();
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }
}
