package dev.tlsproxy.internal.tls;

import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.tls.crypto.impl.TlsAEADCipherImpl;
import org.jspecify.annotations.Nullable;

/**
 * Protects the records of one direction by a JCA cipher. Unlike bctls 1.84's it looks nothing up at a provider for each
 * record. The nonce is bctls's, a new one for each record (RFC 8446 section 5.3), which the JVM's ciphers check.
 */
final class RecordCipher implements TlsAEADCipherImpl {

    /** Of AES-GCM and ChaCha20-Poly1305 in TLS (RFC 5116 section 5.1, RFC 8439 section 2.8). */
    private static final int TAG = 16;

    private final Cipher cipher;
    private final String algorithm;
    private final int mode;
    private final int growth;
    private @Nullable SecretKeySpec key;

    /**
     * Makes one.
     *
     * @param cipher a cipher of its own
     * @param algorithm the key's: {@code AES} or {@code ChaCha20}
     * @param encrypts whether it is for records to send
     */
    RecordCipher(Cipher cipher, String algorithm, boolean encrypts) {
        this.cipher = cipher;
        this.algorithm = algorithm;
        this.mode = encrypts ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE;
        this.growth = encrypts ? TAG : -TAG;
    }

    @Override
    public void setKey(byte[] bytes, int offset, int length) {
        key = new SecretKeySpec(bytes, offset, length, algorithm);
    }

    @Override
    public void init(byte[] nonce, int macSize) {
        AlgorithmParameterSpec parameters =
                algorithm.equals("AES") ? new GCMParameterSpec(macSize * Byte.SIZE, nonce) : new IvParameterSpec(nonce);
        try {
            cipher.init(mode, key, parameters);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("record cipher: " + e.getMessage(), e);
        }
    }

    @Override
    public int getOutputSize(int inputLength) {
        return Math.max(0, inputLength + growth); // the JVM's ciphers compute the same, from parameters
    }

    @Override
    public int doFinal(byte[] additional, byte[] input, int offset, int length, byte[] output, int outputOffset) {
        try {
            // One call for the whole record: nothing is handed on before its tag was checked.
            cipher.updateAAD(additional);
            return cipher.doFinal(input, offset, length, output, outputOffset);
        } catch (GeneralSecurityException e) {
            // bctls makes bad_record_mac of it.
            throw new IllegalStateException("record cipher: " + e.getMessage(), e);
        }
    }
}
