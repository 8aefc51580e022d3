package dev.tlsproxy.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** A file that is said to be PEM: certificates and keys, or one sentence that names the file. */
class PemFuzzTest {

    @FuzzTest(maxDuration = "20s")
    void anyFile(byte[] data) {
        try {
            PemContent.parse("file a.pem", data);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("file a.pem").contains("(expected: ");
        }
    }
}
