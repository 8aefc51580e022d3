package dev.tlsproxy.acme.internal.order;

import dev.tlsproxy.acme.internal.order.IssueException.Kind;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.toolbox.JSON;

/** What a CA's problem documents (RFC 8555 section 6.7) mean, and what helps. */
final class Problems {

    private static final String PREFIX = "urn:ietf:params:acme:error:";
    private static final int LONGEST_TEXT = 600;

    private Problems() {}

    static IssueException failure(
            String subject, Problem problem, Optional<Instant> retryAfter, String tried, @Nullable Throwable cause) {
        StringBuilder text = new StringBuilder(detail(problem));
        for (Problem sub : problem.getSubProblems()) {
            text.append("; ");
            sub.getIdentifier()
                    .ifPresent(identifier -> text.append(identifier.getValue()).append(": "));
            text.append(type(sub)).append(": ").append(detail(sub));
        }
        String type = type(problem);
        return new IssueException(kind(type, text.toString()), message(subject, type, text + tried), retryAfter, cause);
    }

    static IssueException failure(String subject, String type, String detail, Optional<Instant> retryAfter) {
        return new IssueException(kind(type, detail), message(subject, type, detail), retryAfter, null);
    }

    private static String message(String subject, String type, String detail) {
        return subject + ": " + type + ": " + plain(detail) + " (expected: " + remedy(type, detail) + ")";
    }

    /** The last part of its URN, or all of another one. */
    static String type(Problem problem) {
        String type = problem.getType().toString();
        return type.startsWith(PREFIX) ? type.substring(PREFIX.length()) : type;
    }

    private static String detail(Problem problem) {
        return problem.getDetail().or(problem::getTitle).orElse("no detail");
    }

    /** Where the CA's validation went, by the challenge's validationRecord, which Let's Encrypt adds. */
    static String tried(Challenge challenge) {
        try {
            StringBuilder tried = new StringBuilder();
            for (JSON.Value value : challenge.getJSON().get("validationRecord").asArray()) {
                JSON step = value.asObject();
                String address =
                        step.get("addressUsed").map(JSON.Value::asString).orElse("");
                if (!address.isEmpty()) {
                    String port = step.get("port").map(JSON.Value::asString).orElse("");
                    tried.append(tried.isEmpty() ? "; tried " : ", ")
                            .append(address.contains(":") ? "[" + address + "]" : address)
                            .append(port.isEmpty() ? "" : ":" + port);
                }
            }
            return tried.toString();
        } catch (AcmeProtocolException | IllegalStateException unreadable) {
            return "";
        }
    }

    private static Kind kind(String type, String detail) {
        return switch (type) {
            case "rateLimited" -> Kind.RATE_LIMITED;
            case "dns", "connection", "tls", "unauthorized", "incorrectResponse", "caa", "compound" ->
                Kind.NOT_VALIDATED;
            case "rejectedIdentifier",
                    "unsupportedIdentifier",
                    "externalAccountRequired",
                    "userActionRequired",
                    "unsupportedContact",
                    "invalidContact",
                    "invalidProfile",
                    "badCSR",
                    "badPublicKey",
                    "badSignatureAlgorithm" -> Kind.FOR_GOOD;
            // an order or account that the CA lost is malformed too, and waiting helps there
            case "malformed" -> aboutProfile(detail) ? Kind.FOR_GOOD : Kind.CA_UNAVAILABLE;
            default -> Kind.CA_UNAVAILABLE;
        };
    }

    private static String remedy(String type, String detail) {
        return switch (type) {
            case "dns" -> "public DNS records of that name that lead here; for dns-01 its TXT record";
            case "connection" ->
                "that ports 80 and 443 of that name's addresses reach this proxy from the Internet:"
                        + " look at firewall, router and AAAA records";
            case "tls" ->
                "that port 443 of that name's addresses reaches this proxy, with no other TLS server before it";
            case "unauthorized", "incorrectResponse" ->
                "that all of that name's addresses lead to this proxy, and not to"
                        + " another server or a CDN; and an account that is not deactivated";
            case "caa" -> "a CAA record of that name that allows this CA, or none";
            case "rateLimited" -> "fewer certificates and failures; tried again when the CA allows it";
            case "rejectedIdentifier" -> "a name that this CA signs; ask it why not this one";
            case "unsupportedIdentifier" ->
                "a kind of name that this CA signs; few sign IP addresses, and some with" + " a profile only";
            case "externalAccountRequired" -> "an external account (key id and MAC key), which the CA's web site gives";
            case "userActionRequired" ->
                "that the account's owner does what the CA asks there, such as to agree to new terms";
            case "invalidContact", "unsupportedContact" -> "an e-mail address that this CA accepts, or none";
            case "badCSR", "badPublicKey", "badSignatureAlgorithm" -> "a key type that this CA signs";
            case "invalidProfile" -> "a profile that the CA's directory lists";
            case "malformed" ->
                aboutProfile(detail)
                        ? "a profile that the CA's directory lists"
                        : "a request that this CA understands; report this";
            case "accountDoesNotExist" -> "the account that was registered there";
            default -> "no error; tried again later, look at the CA's status page";
        };
    }

    private static boolean aboutProfile(String detail) {
        return detail.contains("profile");
    }

    /** A CA's words in one line of bounded length. */
    static String plain(String text) {
        String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ").trim();
        return line.length() > LONGEST_TEXT ? line.substring(0, LONGEST_TEXT) + "…" : line;
    }
}
