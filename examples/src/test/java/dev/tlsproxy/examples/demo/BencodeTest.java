package dev.tlsproxy.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BencodeTest {

    @Test
    void encodesNumbersTextsAndLists() {
        assertThat(encoded(List.of(0, -3, 5_000_000_000L, "spam", "", "é")))
                .isEqualTo("li0ei-3ei5000000000e4:spam0:2:Ã©e");
    }

    @Test
    void sortsDictionaryKeysAsRawBytes() {
        Map<byte[], Object> dictionary = Bencode.dictionary();
        dictionary.put(new byte[] {(byte) 0xff}, 1);
        dictionary.put(new byte[] {0x7f}, 2);
        assertThat(encoded(dictionary)).isEqualTo("d1:\u007fi2e1:\u00ffi1ee");
        assertThat(encoded(Map.of("b", 1, "a", 2, "aa", 3))).isEqualTo("d1:ai2e2:aai3e1:bi1ee");
    }

    @Test
    void refusesWhatBencodingHasNot() {
        assertThatThrownBy(() -> Bencode.encode(1.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("java.lang.Double (expected: Integer, Long, String, byte[], List or Map)");
    }

    private static String encoded(Object value) {
        return new String(Bencode.encode(value), StandardCharsets.ISO_8859_1);
    }
}
