package dev.tlsproxy.internal.tls;

import java.io.IOException;
import java.util.Arrays;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.ContentType;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.SecurityParameters;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsUtils;
import org.bouncycastle.tls.crypto.TlsCipher;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.TlsCryptoUtils;
import org.bouncycastle.tls.crypto.TlsDecodeResult;
import org.bouncycastle.tls.crypto.TlsEncodeResult;
import org.bouncycastle.tls.crypto.TlsSecret;

/**
 * Protects the records of a TLS 1.3 connection (RFC 8446 sections 5.2 to 5.4). bctls's class for it makes an array for each
 * record that is sent, and opens records in place, for which the JVM's ciphers make one more; at 16 KB each that was most
 * of what a download costs beside the cipher.
 *
 * <p>What a server sends is made in an array of the thread's, used again for the next record of whatever connection. It
 * holds nothing but what goes over the wire, and bctls's engines copy it before they return. A client's records get arrays
 * of their own: a socket may stand on another TLS socket, which would write into the same array meanwhile.
 */
final class Tls13Records implements TlsCipher {

    private static final int NONCE = 12;
    private static final int TAG = 16;
    private static final int MAX_RECORD = 5 + (1 << 14) + 1 + TAG;

    private static final ThreadLocal<byte[]> SENT = ThreadLocal.withInitial(() -> new byte[MAX_RECORD]);

    private final TlsCryptoParameters parameters;
    private final RecordCipher encryption;
    private final RecordCipher decryption;
    private final int keyLength;
    private byte[] encryptionIv;
    private byte[] decryptionIv;

    /**
     * Makes one with the present traffic secrets.
     *
     * @param parameters of the connection
     * @param encryption an AEAD with nonces of 12 bytes and tags of 16, for records to send
     * @param decryption the same for received ones
     * @param keyLength of its keys, in bytes
     */
    Tls13Records(TlsCryptoParameters parameters, RecordCipher encryption, RecordCipher decryption, int keyLength)
            throws IOException {
        this.parameters = parameters;
        this.encryption = encryption;
        this.decryption = decryption;
        this.keyLength = keyLength;
        SecurityParameters secrets = parameters.getSecurityParametersHandshake();
        this.decryptionIv = rekeyed(decryption, secrets, !parameters.isServer());
        this.encryptionIv = rekeyed(encryption, secrets, parameters.isServer());
    }

    @Override
    public TlsEncodeResult encodePlaintext(
            long number,
            short contentType,
            ProtocolVersion recordVersion,
            int headerLength,
            byte[] content,
            int offset,
            int length)
            throws IOException {
        int protectedLength = length + 1 + TAG;
        int total = headerLength + protectedLength;
        byte[] record = parameters.isServer() && total <= MAX_RECORD ? SENT.get() : new byte[total];
        System.arraycopy(content, offset, record, headerLength, length);
        record[headerLength + length] = (byte) contentType;
        byte[] header = header(ContentType.application_data, recordVersion, protectedLength);
        int made = 0;
        try {
            encryption.init(nonce(encryptionIv, number), TAG);
            made = encryption.doFinal(header, record, headerLength, length + 1, record, headerLength);
        } catch (RuntimeException e) {
            throw new TlsFatalAlert(AlertDescription.internal_error, e);
        } finally {
            if (made != protectedLength) {
                Arrays.fill(record, (byte) 0); // the content may still be in it
            }
        }
        if (made != protectedLength) {
            throw new TlsFatalAlert(AlertDescription.internal_error);
        }
        return new TlsEncodeResult(record, 0, total, ContentType.application_data);
    }

    @Override
    public TlsDecodeResult decodeCiphertext(
            long number, short recordType, ProtocolVersion recordVersion, byte[] bytes, int offset, int length)
            throws IOException {
        if (getPlaintextDecodeLimit(length) < 0) {
            throw new TlsFatalAlert(AlertDescription.decode_error);
        }
        byte[] content = new byte[length - TAG];
        int made;
        try {
            decryption.init(nonce(decryptionIv, number), TAG);
            made = decryption.doFinal(header(recordType, recordVersion, length), bytes, offset, length, content, 0);
        } catch (RuntimeException e) {
            throw new TlsFatalAlert(AlertDescription.bad_record_mac, e);
        }
        if (made != content.length) {
            throw new TlsFatalAlert(AlertDescription.internal_error);
        }
        return withoutPadding(content);
    }

    /** The content type is the last octet that is not zero; there has to be one (RFC 8446 section 5.4). */
    private static TlsDecodeResult withoutPadding(byte[] content) throws IOException {
        int end = content.length - 1;
        while (end >= 0 && content[end] == 0) {
            end--;
        }
        if (end < 0) {
            throw new TlsFatalAlert(AlertDescription.unexpected_message);
        }
        return new TlsDecodeResult(content, 0, end, (short) (content[end] & 0xFF));
    }

    /** The number of a record, with leading zeros, xor the IV (RFC 8446 section 5.3): no two of one key are the same. */
    private static byte[] nonce(byte[] iv, long number) {
        byte[] nonce = iv.clone();
        for (int i = 0; i < Long.BYTES; i++) {
            nonce[NONCE - 1 - i] ^= (byte) (number >>> (i * Byte.SIZE));
        }
        return nonce;
    }

    /** The header is the additional data (RFC 8446 section 5.2). */
    private static byte[] header(short recordType, ProtocolVersion recordVersion, int length) throws IOException {
        byte[] header = new byte[5];
        TlsUtils.writeUint8(recordType, header, 0);
        TlsUtils.writeVersion(recordVersion, header, 1);
        TlsUtils.writeUint16(length, header, 3);
        return header;
    }

    @Override
    public void rekeyEncoder() throws IOException {
        encryptionIv = rekeyed(encryption, parameters.getSecurityParametersConnection(), parameters.isServer());
    }

    @Override
    public void rekeyDecoder() throws IOException {
        decryptionIv = rekeyed(decryption, parameters.getSecurityParametersConnection(), !parameters.isServer());
    }

    /** Gives a cipher its key and returns its IV (RFC 8446 section 7.3). */
    private byte[] rekeyed(RecordCipher cipher, SecurityParameters secrets, boolean ofServer) throws IOException {
        TlsSecret secret = ofServer ? secrets.getTrafficSecretServer() : secrets.getTrafficSecretClient();
        if (secret == null) {
            throw new TlsFatalAlert(AlertDescription.internal_error);
        }
        int hash = secrets.getPRFCryptoHashAlgorithm();
        byte[] key = expanded(secret, hash, "key", keyLength);
        cipher.setKey(key, 0, keyLength);
        Arrays.fill(key, (byte) 0);
        return expanded(secret, hash, "iv", NONCE);
    }

    private static byte[] expanded(TlsSecret secret, int hash, String label, int length) throws IOException {
        return TlsCryptoUtils.hkdfExpandLabel(secret, hash, label, TlsUtils.EMPTY_BYTES, length)
                .extract();
    }

    @Override
    public int getCiphertextEncodeLimit(int plaintextLimit) {
        return plaintextLimit + 1 + TAG;
    }

    @Override
    public int getCiphertextDecodeLimit(int plaintextLimit) {
        return plaintextLimit + 1 + TAG;
    }

    @Override
    public int getPlaintextEncodeLimit(int ciphertextLimit) {
        return ciphertextLimit - TAG - 1;
    }

    @Override
    public int getPlaintextDecodeLimit(int ciphertextLimit) {
        return ciphertextLimit - TAG - 1;
    }

    @Override
    public boolean usesOpaqueRecordTypeEncode() {
        return true;
    }

    @Override
    public boolean usesOpaqueRecordTypeDecode() {
        return true;
    }
}
