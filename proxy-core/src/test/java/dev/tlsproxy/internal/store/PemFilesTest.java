package dev.tlsproxy.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.spi.CertifiedKey;
import dev.tlsproxy.testing.TestCa;
import dev.tlsproxy.testing.TestPem;
import dev.tlsproxy.testing.TestPem.KeyEncoding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemFilesTest {

    private static final Instant FROM = Instant.parse("2026-01-02T03:04:05Z");
    private static final Instant NOW = Instant.parse("2026-02-01T00:00:00Z");
    private static final Instant UNTIL = Instant.parse("2026-04-01T00:00:00Z");
    private static final TestCa CA = TestCa.withIntermediate();
    private static final CertifiedKey EC =
            CA.request("a.example").valid(FROM, UNTIL).issue();
    private static final CertifiedKey RSA =
            CA.request("rsa.example").rsa(2048).valid(FROM, UNTIL).issue();

    @TempDir
    Path directory;

    private Path chain;
    private Path key;

    @BeforeEach
    void writeFiles() {
        chain = TestPem.file(directory.resolve("chain.pem"), TestPem.chainOf(EC));
        key = TestPem.file(directory.resolve("key.pem"), TestPem.keyOf(EC));
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void readsEcKeysInEveryEncoding(String curve) {
        CertifiedKey issued =
                CA.request("a.example").ec(curve).valid(FROM, UNTIL).issue();
        TestPem.file(chain, TestPem.chainOf(issued));
        for (KeyEncoding encoding : List.of(KeyEncoding.PKCS8, KeyEncoding.SEC1, KeyEncoding.SEC1_AFTER_PARAMETERS)) {
            TestPem.file(key, TestPem.keyOf(issued.privateKey(), encoding));
            CertifiedKey read = PemFiles.readCertifiedKey(chain, key, NOW);
            assertThat(read.chain()).as(encoding.name()).isEqualTo(issued.chain());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PKCS8", "PKCS1"})
    void readsRsaKeysInEveryEncoding(KeyEncoding encoding) {
        TestPem.file(chain, TestPem.chainOf(RSA));
        TestPem.file(key, TestPem.keyOf(RSA.privateKey(), encoding));
        CertifiedKey read = PemFiles.readCertifiedKey(chain, key, NOW);
        assertThat(read.privateKey()).isEqualTo(RSA.privateKey());
        assertThat(read.names()).containsExactly("rsa.example");
    }

    @Test
    void readsKeyAndChainInOneFileInAnyOrder() {
        List<X509Certificate> reversed = new ArrayList<>(EC.chain());
        reversed.add(CA.root());
        Collections.reverse(reversed);
        Path both = TestPem.file(directory.resolve("both.pem"), TestPem.of(reversed), TestPem.keyOf(EC));
        assertThat(PemFiles.readCertifiedKey(both, both, NOW).chain())
                .hasSize(2)
                .isEqualTo(EC.chain());
    }

    @Test
    void passesOverTextCrlfIndentationByteOrderMarkAndOtherBlocks() {
        String text = "\ufeff" + "Bag Attributes\r\n    friendlyName: ü: v\r\n\r\n"
                + TestPem.block("DH PARAMETERS", new byte[] {1, 2, 3})
                + TestPem.chainOf(EC).replace("\n", "  \r\n").replace("-----BEGIN", " -----BEGIN")
                + "the end\n";
        TestPem.file(chain, text);
        TestPem.file(key, "\ufeff" + TestPem.keyOf(EC).replace("\n", "\r\n"));
        assertThat(PemFiles.readCertifiedKey(chain, key, NOW).chain()).isEqualTo(EC.chain());
    }

    @Test
    void readsBundlesInTheirOrder() {
        List<X509Certificate> certificates =
                List.of(TestCa.create().root(), CA.root(), TestCa.create().root());
        TestPem.file(chain, TestPem.of(certificates));
        assertThat(PemFiles.readCertificates(chain)).isEqualTo(certificates);
    }

    @Test
    void refusesFilesThatCannotBeRead() throws IOException {
        Path missing = directory.resolve("missing.pem");
        refuses(read(missing, key), "certificate file " + missing + " does not exist (expected: a PEM file)");
        refuses(read(chain, missing), "key file " + missing + " does not exist (expected: a PEM file)");
        refuses(read(chain, directory), "key file " + directory + " is a directory (expected: a PEM file)");
        refuses(
                read(chain.resolve("below"), key),
                "certificate file " + chain.resolve("below") + " can't be read: Not a directory (expected: a file this"
                        + " process can read; check its owner and mode)");
        Files.write(chain, new byte[(1 << 20) + 1]);
        refuses(read(chain, key), "certificate file " + chain + " is larger than 1 MiB (expected: a PEM file)");
    }

    @Test
    void refusesFilesWithoutWhatTheyAreFor() {
        refuses(
                read(key, key),
                "certificate file " + key + " has no certificate in it (expected: a \"-----BEGIN CERTIFICATE-----\""
                        + " block; convert other formats with openssl)");
        refuses(
                read(chain, chain),
                "key file " + chain + " has no private key in it (expected: a \"-----BEGIN PRIVATE KEY-----\" block;"
                        + " convert other formats with openssl)");
        TestPem.file(key, TestPem.keyOf(EC), TestPem.keyOf(RSA));
        refuses(
                read(chain, key),
                "key file " + key + " has 2 private keys in it (expected: one, that of the certificate)");
    }

    @ParameterizedTest
    @EnumSource(names = {"PKCS8_ENCRYPTED", "TRADITIONAL_ENCRYPTED"})
    void refusesEncryptedKeys(KeyEncoding encoding) {
        String message = "key file " + key + " is encrypted (expected: an unencrypted key; decrypt it with \"openssl"
                + " pkey -in key.pem -out plain.pem\")";
        TestPem.file(key, TestPem.keyOf(EC.privateKey(), encoding));
        refuses(read(chain, key), message);
        TestPem.file(key, TestPem.keyOf(RSA.privateKey(), encoding));
        refuses(read(chain, key), message);
    }

    @Test
    void refusesKeysOfUnsupportedTypes() throws Exception {
        refusesKey(TestPem.keyOf(jdkKey("Ed25519", -1), KeyEncoding.PKCS8), "Ed25519");
        refusesKey(TestPem.keyOf(jdkKey("DSA", 2048), KeyEncoding.PKCS8), "DSA");
        refusesKey(TestPem.keyOf(jdkKey("RSASSA-PSS", 2048), KeyEncoding.PKCS8), "RSASSA-PSS");
        refusesKey(TestPem.keyOf(jdkKey("RSA", 1024), KeyEncoding.PKCS1), "RSA of 1024 bits");
        refusesKey(TestPem.block("OPENSSH PRIVATE KEY", new byte[] {1}), "OPENSSH PRIVATE KEY");
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(EC.privateKey().getEncoded());
        refusesKey(ecKeyOn(SECObjectIdentifiers.secp256k1, info), "EC on secp256k1");
        refusesKey(ecKeyOn(SECObjectIdentifiers.secp224r1, info), "EC on 1.3.132.0.33");
        ASN1EncodableVector explicit = new ASN1EncodableVector();
        refusesKey(ecKeyOn(new DERSequence(explicit), info), "EC on a curve that is not named");
    }

    @Test
    void refusesDamagedFilesWithoutShowingTheKey() {
        String pem = TestPem.keyOf(EC);
        String[] lines = pem.split("\n");
        String advice = " (expected: an unchanged PEM file; copy it again)";
        TestPem.file(key, "text\n", pem.replace(lines[1], lines[1].replace(lines[1].charAt(5), '!')));
        refusesKeyFile(" is damaged at line 2: the block is not base64" + advice);
        TestPem.file(key, lines[0] + "\n" + lines[1] + "\n");
        refusesKeyFile(" is damaged at line 1: the block has no line -----END PRIVATE KEY-----" + advice);
        TestPem.file(key, pem.stripTrailing(), pem);
        refusesKeyFile(
                " is damaged at line " + lines.length + ": no line -----END PRIVATE KEY----- of its own" + advice);
        TestPem.file(key, pem.replace("KEY-----\nM", "KEY----\nM"));
        refusesKeyFile(" is damaged at line 1: a BEGIN or END line out of place" + advice);
        TestPem.file(key, lines[0] + "\n" + lines[lines.length - 1] + "\n");
        refusesKeyFile(" is damaged at line 1: the block is empty" + advice);
        byte[] der = EC.privateKey().getEncoded();
        TestPem.file(key, "\n", TestPem.block("PRIVATE KEY", Arrays.copyOf(der, der.length - 9)));
        refusesKeyFile(" is damaged: the private key at line 2 can't be decoded" + advice);
        TestPem.file(key, TestPem.block("EC PRIVATE KEY", der));
        refusesKeyFile(" is damaged: the private key at line 1 can't be decoded" + advice);
        TestPem.file(chain, TestPem.chainOf(EC), TestPem.block("CERTIFICATE", new byte[] {0x30, 3, 1, 1, 1}));
        int line = TestPem.chainOf(EC).split("\n").length + 1;
        refuses(
                read(chain, key),
                "certificate file " + chain + " is damaged: the certificate at line " + line + " can't be decoded"
                        + advice);
    }

    @Test
    void refusesAKeyThatIsNotTheCertificates() {
        TestPem.file(key, TestPem.keyOf(TestCa.ecKeys("secp256r1").getPrivate(), KeyEncoding.PKCS8));
        refuses(
                read(chain, key),
                "certificate file " + chain + " and key file " + key + ": private key does not match any of the 2"
                        + " certificates (expected: the key whose public half is in the certificate)");
    }

    @Test
    void refusesACertificateThatIsNotValidNow() {
        refuses(
                () -> PemFiles.readCertifiedKey(chain, key, UNTIL.plusSeconds(1)),
                "certificate file " + chain + " expired on 2026-04-01T00:00:00Z (expected: a certificate valid now;"
                        + " renew it)");
        refuses(
                () -> PemFiles.readCertifiedKey(chain, key, FROM.minusSeconds(1)),
                "certificate file " + chain + " is not valid before 2026-01-02T03:04:05Z (expected: a certificate valid"
                        + " now; check this machine's clock)");
        assertThat(PemFiles.readCertifiedKey(chain, key, UNTIL).names()).containsExactly("a.example");
        assertThat(PemFiles.readCertifiedKey(chain, key, FROM).names()).containsExactly("a.example");
    }

    @Test
    void readsWhatItsWriterWrote() throws IOException {
        Files.write(chain, PemWriter.write(RSA));
        assertThat(Files.readString(chain, StandardCharsets.US_ASCII))
                .isEqualTo(TestPem.keyOf(RSA) + TestPem.chainOf(RSA));
        assertThat(PemFiles.readCertifiedKey(chain, chain, NOW).chain()).isEqualTo(RSA.chain());
    }

    private static PrivateKey jdkKey(String algorithm, int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (bits > 0) {
            generator.initialize(bits);
        }
        return generator.generateKeyPair().getPrivate();
    }

    private static String ecKeyOn(ASN1Encodable curve, PrivateKeyInfo info) throws IOException {
        return TestPem.block(
                "PRIVATE KEY",
                new PrivateKeyInfo(
                                new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, curve),
                                info.parsePrivateKey())
                        .getEncoded());
    }

    private void refusesKey(String pem, String type) {
        TestPem.file(key, pem);
        refusesKeyFile(" has a key of an unsupported type: " + type
                + " (expected: EC on P-256, P-384 or P-521, or RSA of at least 2048 bits)");
    }

    private void refusesKeyFile(String problem) {
        assertThatThrownBy(read(chain, key))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("key file " + key + problem)
                .hasNoCause();
    }

    private static ThrowingCallable read(Path chain, Path key) {
        return () -> PemFiles.readCertifiedKey(chain, key, NOW);
    }

    private static void refuses(ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
