package dev.tlsproxy.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.tlsproxy.acme.internal.order.Pause;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.Type;

class Rfc2136SolverTest {

    private static final String NAME = "_acme-challenge.www.example.com";
    private static final String VALUE = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
    private static final String SECRET =
            Base64.getEncoder().encodeToString("0123456789abcdef0123456789abcdef".getBytes());

    private UdpNameServer server;

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void addsOneRecordBesideOthersInTheZoneThatTheServerTells() throws Exception {
        start(Rfc2136SolverTest::zoneExampleCom);

        Rfc2136Solver.of(server.address()).present(NAME, VALUE);

        Message update = update();
        assertThat(update.getSection(Section.ZONE)).singleElement().satisfies(zone -> {
            assertThat(zone.getName()).hasToString("example.com.");
            assertThat(zone.getType()).isEqualTo(Type.SOA);
        });
        assertThat(update.getSection(Section.PREREQ)).isEmpty();
        assertThat(update.getSection(Section.UPDATE)).singleElement().satisfies(record -> {
            assertThat(record.getName()).hasToString(NAME + ".");
            assertThat(record.getDClass()).isEqualTo(DClass.IN);
            assertThat(record.getTTL()).isEqualTo(60);
            assertThat(((TXTRecord) record).getStrings()).containsExactly(VALUE);
        });
    }

    @Test
    void removesExactlyThatRecord() throws Exception {
        start(Rfc2136SolverTest::zoneExampleCom);

        Rfc2136Solver.of(server.address(), "example.com").cleanUp(NAME, VALUE);

        assertThat(server.asked).hasSize(1);
        assertThat(update().getSection(Section.UPDATE)).singleElement().satisfies(record -> {
            assertThat(record.getName()).hasToString(NAME + ".");
            assertThat(record.getDClass()).as("RFC 2136 section 2.5.4").isEqualTo(DClass.NONE);
            assertThat(((TXTRecord) record).getStrings()).containsExactly(VALUE);
        });
    }

    @Test
    void asksForTheZoneOfEachParentWhereTheServerTellsNoSoa() throws Exception {
        start(question -> question.getHeader().getOpcode() == Opcode.UPDATE
                        || question.getQuestion().getName().toString().equals("example.com.")
                ? zoneExampleCom(question)
                : Optional.of(answer(question, Rcode.NOERROR)));

        Rfc2136Solver.of(server.address()).present(NAME, VALUE);

        assertThat(server.asked)
                .extracting(question -> question.getQuestion().getName().toString())
                .containsExactly(NAME + ".", "www.example.com.", "example.com.", "example.com.");
    }

    @Test
    void recordThatNoZoneOfTheServerHolds() throws Exception {
        start(question -> Optional.of(answer(question, Rcode.REFUSED)));

        assertThatIOException()
                .isThrownBy(() -> Rfc2136Solver.of(server.address()).present(NAME, VALUE))
                .withMessage("name server " + server.address() + " has no zone for " + NAME
                        + " (expected: an SOA record of it or a parent; name the zone, or the zone's primary server)");
    }

    @Test
    void refusedUpdateTellsServerAnswerAndRemedy() throws Exception {
        start(question -> Optional.of(answer(question, Rcode.REFUSED)));

        assertThatIOException()
                .isThrownBy(() -> signing("key.example").present(NAME, VALUE))
                .withMessage("adding TXT " + NAME + " in zone example.com.: name server " + server.address()
                        + " answered REFUSED (expected: a zone of this server in which TSIG key \"key.example\" may"
                        + " update this record)");
    }

    @Test
    void answerMustBeSignedWithTheKey() throws Exception {
        start(Rfc2136SolverTest::zoneExampleCom);

        assertThatIOException()
                .isThrownBy(() -> signing("key.example").present(NAME, VALUE))
                .withMessageContaining("the answer is not signed with the TSIG key");
    }

    @Test
    void signsWithTheKey() throws Exception {
        TSIG key = new TSIG(
                TSIG.HMAC_SHA256,
                Name.fromString("key.example."),
                Base64.getDecoder().decode(SECRET));
        server = new UdpNameServer(Optional.of(key), Rfc2136SolverTest::zoneExampleCom);

        signing("key.example").present(NAME, VALUE);

        assertThat(update().getTSIG().getAlgorithm()).isEqualTo(TSIG.HMAC_SHA256);
    }

    @Test
    void secretIsInNoTextAndNoMessage() {
        assertThat(Rfc2136Solver.of("ns.example.com", "example.com").tsig("key.example", "hmac-sha512", SECRET))
                .hasToString("Rfc2136Solver[ns.example.com:53, zone example.com, TSIG key key.example]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rfc2136Solver.of("ns.example.com").tsig("k", "hmac-sha256", "s3cret!!"))
                .withMessage("TSIG key \"k\": secret is no base64 (expected: what tsig-keygen prints after \"secret\")")
                .withNoCause();
    }

    @Test
    void wrongValuesAreRefusedAtTheCall() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rfc2136Solver.of("ns.example.com:0"))
                .withMessage("name server: \"ns.example.com:0\" has port 0 (expected: 1..65535)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rfc2136Solver.of("::1"))
                .withMessage("name server: \"::1\" (expected: HOST[:PORT] or [IPV6][:PORT])");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rfc2136Solver.of("[::1]").tsig("k", "hmac-md5", SECRET))
                .withMessage("TSIG algorithm: \"hmac-md5\" (expected: hmac-sha256 or hmac-sha512)");
    }

    @Test
    void serverThatIsNotThere() throws Exception {
        start(question -> Optional.empty());
        String address = server.address();
        server.close();

        assertThatIOException()
                .isThrownBy(() -> Rfc2136Solver.of(address, "example.com").present(NAME, VALUE))
                .withMessageStartingWith("adding TXT " + NAME + " in zone example.com.: name server " + address + ": ");
    }

    @Test
    void waitsUntilTheRecordIsGivenOutAskingEveryTwoSeconds() throws Exception {
        AtomicInteger txtQueries = new AtomicInteger();
        start(question -> {
            Message answer = answer(question, Rcode.NOERROR);
            if (question.getQuestion().getType() == Type.TXT && txtQueries.incrementAndGet() > 3) {
                answer.addRecord(txt("another"), Section.ANSWER);
                answer.addRecord(txt(VALUE), Section.ANSWER);
            }
            return Optional.of(answer);
        });
        FakeTime time = new FakeTime();

        waiting(time).await(NAME, VALUE, Duration.ofSeconds(30));

        assertThat(txtQueries).hasValue(4);
        assertThat(time.nanos).hasValue(Duration.ofSeconds(6).toNanos());
        assertThat(server.asked)
                .last()
                .satisfies(question -> assertThat(question.getHeader().getFlag(Flags.RD))
                        .as("an authoritative server is asked for its own data")
                        .isFalse());
    }

    @Test
    void recordThatDoesNotAppearInTime() throws Exception {
        start(question -> Optional.of(answer(question, Rcode.NXDOMAIN)));
        FakeTime time = new FakeTime();

        assertThatIOException()
                .isThrownBy(() -> waiting(time).await(NAME, VALUE, Duration.ofSeconds(5)))
                .withMessage("TXT " + NAME + " is not given out after 5 s: name server " + server.address()
                        + " of zone example.com does not have it (expected: a secondary follows within the wait; look at"
                        + " its zone transfers)");
        assertThat(time.nanos).hasValue(Duration.ofSeconds(5).toNanos());
    }

    @Test
    void serverThatIsSilentDoesNotCountWhereAnotherGivesTheRecordOut() throws Exception {
        start(question -> {
            Message answer = answer(question, Rcode.NOERROR);
            answer.addRecord(txt(VALUE), Section.ANSWER);
            return Optional.of(answer);
        });
        UdpNameServer gone = new UdpNameServer(Optional.empty(), question -> Optional.empty());
        gone.close();
        Rfc2136Solver solver = Rfc2136Solver.of(server.address(), "example.com")
                .time(new FakeTime().nanos::get, time -> {
                    throw new IllegalStateException("waits");
                })
                .checkedAt(gone.address(), server.address());

        assertThatNoException().isThrownBy(() -> solver.await(NAME, VALUE, Duration.ofSeconds(5)));
    }

    /** dnsjava's own resolvers would start a selector thread that never ends, and add a shutdown hook with it. */
    @Test
    void startsNoThread() throws Exception {
        start(Rfc2136SolverTest::zoneExampleCom);

        Rfc2136Solver.of(server.address()).present(NAME, VALUE);
        Rfc2136Solver.of(server.address()).cleanUp(NAME, VALUE);

        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("dnsjava"));
    }

    private Rfc2136Solver waiting(FakeTime time) {
        return Rfc2136Solver.of(server.address(), "example.com").time(time.nanos::get, time);
    }

    private Rfc2136Solver signing(String keyName) {
        return Rfc2136Solver.of(server.address(), "example.com").tsig(keyName, "hmac-sha256", SECRET);
    }

    private void start(Function<Message, Optional<Message>> answers) throws IOException {
        server = new UdpNameServer(Optional.empty(), answers);
    }

    private Message update() {
        List<Message> updates = server.asked.stream()
                .filter(message -> message.getHeader().getOpcode() == Opcode.UPDATE)
                .toList();
        assertThat(updates).hasSize(1);
        return updates.get(0);
    }

    /** As a server of zone example.com: the SOA of the zone in the authority section, and yes to updates. */
    private static Optional<Message> zoneExampleCom(Message question) {
        boolean update = question.getHeader().getOpcode() == Opcode.UPDATE;
        Message answer = answer(question, update ? Rcode.NOERROR : Rcode.NXDOMAIN);
        if (!update) {
            Name zone = name("example.com");
            answer.addRecord(
                    new SOARecord(zone, DClass.IN, 60, name("ns.example.com"), name("root.example.com"), 1, 1, 1, 1, 1),
                    Section.AUTHORITY);
        }
        return Optional.of(answer);
    }

    private static Message answer(Message question, int rcode) {
        Message answer = new Message(question.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.getHeader().setOpcode(question.getHeader().getOpcode());
        answer.getHeader().setRcode(rcode);
        answer.addRecord(question.getQuestion(), Section.QUESTION);
        return answer;
    }

    private static Record txt(String value) {
        return new TXTRecord(name(NAME), DClass.IN, 60, value);
    }

    private static Name name(String text) {
        return Name.fromConstantString(text + ".");
    }

    /** Time that passes only by pauses. */
    private static final class FakeTime implements Pause {

        final AtomicLong nanos = new AtomicLong();

        @Override
        public void of(Duration time) {
            nanos.addAndGet(time.toNanos());
        }
    }
}
