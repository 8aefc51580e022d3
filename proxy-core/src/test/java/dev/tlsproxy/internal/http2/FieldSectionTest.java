package dev.tlsproxy.internal.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tlsproxy.internal.http1.MalformedResponseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FieldSectionTest {

    private final FieldSection head = new FieldSection("response head");

    @Test
    void keepsFieldsInOrder() throws Exception {
        add(":status", "200", "set-cookie", "a=1", "set-cookie", "b=2", "x-empty", "", "x-text", "\u00e4\tz");
        head.check(true);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.fields().get("Set-Cookie")).containsExactly("a=1", "b=2");
        assertThat(head.fields().getFirst("x-text")).isEqualTo("\u00e4\tz");
    }

    @ParameterizedTest
    @CsvSource(
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "X-Secret,s,invalid field name",
                "x secret,s,invalid field name",
                "x\u00e4,s,invalid field name",
                "'',s,invalid field name",
                "x-secret, s,invalid field value",
                "x-secret,s\t,invalid field value",
                "connection,close,a field of one connection",
                "keep-alive,5,a field of one connection",
                "proxy-connection,close,a field of one connection",
                "transfer-encoding,chunked,a field of one connection",
                "upgrade,h2c,a field of one connection",
                ":path,/,a pseudo-field other than :status",
                ":status,200,more than one :status"
            })
    void refusesAField(String name, String value, String fault) {
        add(":status", "200", name, value);
        refused(true, fault);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\nb", "a\0b", "a\u007fb", "a\u0001b"})
    void refusesControlCharactersInAValue(String value) {
        add(":status", "200", "x", value);
        refused(true, "invalid field value");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "20", "2000", "+20", "099", "2 0", "abc"})
    void refusesAStatusOfOtherThanThreeDigits(String status) {
        add(":status", status);
        refused(true, ":status is not three digits");
    }

    @Test
    void refusesAStatusBehindFieldsOrNone() {
        add("x", "y", ":status", "200");
        refused(true, ":status behind other fields");
        assertThatThrownBy(() -> new FieldSection("response head").check(true)).hasMessage("response head: no :status");
    }

    @Test
    void refusesAStatusInTrailers() {
        add(":status", "200");
        refused(false, "a pseudo-field");
    }

    @Test
    void boundsBytesAndFieldsAndLinesOfAField() {
        FieldSection long1 = new FieldSection("trailers");
        long1.field("x", "v".repeat(FieldSection.MAX_BYTES));
        assertThatThrownBy(() -> long1.check(false)).hasMessage("trailers: too long");
        FieldSection many = new FieldSection("trailers");
        for (int i = 0; i <= FieldSection.MAX_FIELDS; i++) {
            many.field("x" + i, "");
        }
        assertThatThrownBy(() -> many.check(false)).hasMessage("trailers: more than 200 fields");
        FieldSection same = new FieldSection("trailers");
        for (int i = 0; i <= FieldSection.MAX_LINES_OF_A_FIELD; i++) {
            same.field("x", "");
        }
        assertThatThrownBy(() -> same.check(false)).hasMessage("trailers: more than 100 lines of one field");
    }

    private void add(String... fields) {
        for (int i = 0; i < fields.length; i += 2) {
            head.field(fields[i], fields[i + 1]);
        }
    }

    private void refused(boolean isHead, String fault) {
        assertThatThrownBy(() -> head.check(isHead))
                .isInstanceOf(MalformedResponseException.class)
                .hasMessage("response head: " + fault);
    }
}
