/**
 * One certificate from one CA. In reading order: {@code Issuer} and {@code AcmeIssuer} (<b>an order's whole way, one
 * method</b>), {@code CaSettings}, {@code Accounts} with {@code AccountDocuments}, {@code ChallengeChoice}, {@code
 * Challenges} with {@code Presenter} and {@code AlpnCertificate}, {@code Patience} and {@code Pause} (waiting for the CA),
 * {@code Keys}, {@code Chains}, {@code OrderName}, {@code Failures} with {@code Problems} (what went wrong, in words), {@code
 * IssueException}, {@code ChallengeFailedException}, {@code RenewalQuestion} and {@code RenewalWindow}.
 */
@NullMarked
package dev.tlsproxy.acme.internal.order;

import org.jspecify.annotations.NullMarked;
