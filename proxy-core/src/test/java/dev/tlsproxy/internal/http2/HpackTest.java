package dev.tlsproxy.internal.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.undertow.protocols.http2.HpackDecoder;
import io.undertow.protocols.http2.HpackEncoder;
import io.undertow.util.HeaderMap;
import io.undertow.util.HttpString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The examples of RFC 7541 appendix C, and the fields of another implementation. */
class HpackTest {

    private final HpackReader reader = new HpackReader();

    @Test
    void decodesLiterals() throws Exception {
        assertThat(decode("400a637573746f6d2d6b65790d637573746f6d2d686561646572"))
                .containsExactly("custom-key: custom-header");
        assertThat(decode("040c2f73616d706c652f70617468")).containsExactly(":path: /sample/path");
        assertThat(decode("100870617373776f726406736563726574")).containsExactly("password: secret");
        assertThat(decode("82")).containsExactly(":method: GET");
    }

    @Test
    void decodesRequestsInARowWithHuffman() throws Exception {
        assertThat(decode("828684418cf1e3c2e5f23a6ba0ab90f4ff"))
                .containsExactly(":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com");
        assertThat(decode("828684be5886a8eb10649cbf"))
                .containsExactly(
                        ":method: GET",
                        ":scheme: http",
                        ":path: /",
                        ":authority: www.example.com",
                        "cache-control: no-cache");
        assertThat(decode("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"))
                .containsExactly(
                        ":method: GET",
                        ":scheme: https",
                        ":path: /index.html",
                        ":authority: www.example.com",
                        "custom-key: custom-value");
    }

    @Test
    void evictsTheOldestWhereTheTableIsSmall() throws Exception {
        assertThat(decode("3f21" + "4001610162" + "4001630164" + "be")) // 64 octets, 34 for each of the two
                .containsExactly("a: b", "c: d", "c: d");
        assertThatThrownBy(() -> decode("bf")).hasMessage("HPACK: an index without an entry");
    }

    @ParameterizedTest
    @CsvSource({
        "80, an index without an entry",
        "be, an index without an entry",
        "ffff7f, an index without an entry",
        "82 20, a wrong change of the table's size",
        "3fe220, a wrong change of the table's size",
        "ffffffffffff, an integer that is too large",
        "0001, ends within a field",
        "40, ends within a field",
        "0005616263, ends within a field",
        "008200, ends within a field",
        "0081ff8101, a wrong Huffman code",
        "0084ffffffff0101, a wrong Huffman code"
    })
    void refusesWhatCannotBeDecoded(String hex, String fault) {
        assertThatThrownBy(() -> decode(hex.replace(" ", "")))
                .isInstanceOf(ConnectionErrorException.class)
                .hasMessage("HPACK: " + fault)
                .extracting("code")
                .isEqualTo(Frame.COMPRESSION_ERROR);
    }

    @Test
    void takesAValueOfManyThousandOctets() throws Exception {
        HpackWriter writer = new HpackWriter();
        writer.field("x-long", "v".repeat(60_000));
        List<String> decoded = new ArrayList<>();
        reader.decode(writer.block(), (name, value) -> decoded.add(name + value.length()));
        assertThat(decoded).containsExactly("x-long60000");
    }

    @Test
    void decodesWhatUndertowEncodes() throws Exception {
        Random random = new Random(7);
        HpackEncoder encoder = new HpackEncoder(4096);
        for (int i = 0; i < 2_000; i++) {
            HeaderMap fields = new HeaderMap();
            for (int f = random.nextInt(12); f >= 0; f--) {
                fields.add(
                        new HttpString("x-" + random.nextInt(300)),
                        "v".repeat(random.nextInt(200)) + random.nextInt(9));
            }
            ByteBuffer block = ByteBuffer.allocate(16_000);
            assertThat(encoder.encode(fields, block)).isEqualTo(HpackEncoder.State.COMPLETE);
            HeaderMap decoded = new HeaderMap();
            reader.decode(block.flip(), (name, value) -> decoded.add(new HttpString(name), value));
            assertThat(sorted(decoded)).isEqualTo(sorted(fields));
        }
    }

    @Test
    void undertowDecodesWhatIsEncoded() throws Exception {
        HpackDecoder decoder = new HpackDecoder();
        Random random = new Random(8);
        for (int i = 0; i < 200; i++) {
            List<String> fields = new ArrayList<>();
            HpackWriter writer = new HpackWriter();
            for (int f = 0; f < 10; f++) {
                int index = 1 + random.nextInt(StaticTable.SIZE);
                String name = random.nextBoolean() ? StaticTable.name(index) : "x-" + f;
                String value = random.nextBoolean() ? StaticTable.value(index) : "ä".repeat(random.nextInt(300));
                fields.add(name + ": " + value);
                writer.field(name, value);
            }
            List<String> decoded = new ArrayList<>();
            decoder.setHeaderEmitter((name, value, never) -> decoded.add(name + ": " + value));
            decoder.decode(writer.block(), false);
            assertThat(decoded).isEqualTo(fields);
        }
    }

    private static Map<String, List<String>> sorted(HeaderMap fields) {
        Map<String, List<String>> sorted = new TreeMap<>();
        fields.forEach(field -> sorted.put(field.getHeaderName().toString(), List.copyOf(field)));
        return sorted;
    }

    private List<String> decode(String hex) throws ConnectionErrorException {
        List<String> fields = new ArrayList<>();
        reader.decode(ByteBuffer.wrap(HexFormat.of().parseHex(hex)), (name, value) -> fields.add(name + ": " + value));
        return fields;
    }
}
