/**
 * From a ClientHello to a certificate. Reading order: {@link dev.tlsproxy.internal.tls.ServerTlsContext} decides on a
 * {@code ClientHello} (read by {@code ClientHelloReader}, {@code HandshakeRecords}, {@code ClientHelloParser}) by
 * {@code TlsConfig}, {@code CertificateTable} and {@code ChallengeTable}; or waits for a {@code CertificateDemand}; its answer is an {@code Admission} with
 * {@code EngineParameters} ({@code NamedGroups}). In the handshake {@code SniKeyManager} gives the key and
 * {@code ServerFlight} reads the group. {@code TlsProvider}, {@code CryptoChoice}, {@code TlsCrypto},
 * {@code X25519Agreement}, {@code MlKemAgreement}, {@code Tls13Records}, {@code RecordCipher}, {@code JvmJcaHelper}, {@code EcdsaSignature},
 * {@code NativeKeys}, {@code ThreadRandom} and {@code PinnedTrust} are the cryptography below; {@code LocalCa} is a certificate manager, over {@code LocalIssuer};
 * {@code ClientTls} and {@code HybridClientContext} are for clients;
 * {@code TlsSelfTest} and {@code LibraryLogs} serve the start.
 */
@NullMarked
package dev.tlsproxy.internal.tls;

import org.jspecify.annotations.NullMarked;
