package dev.tlsproxy.acme.internal.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.TSIGRecord;

/**
 * Sends one message and returns its answer: over UDP, and over TCP where the answer does not fit (RFC 7766). dnsjava's own
 * resolvers would leave a selector thread and a shutdown hook in the JVM.
 */
final class DnsClient {

    private static final int MAX_DATAGRAM = 65_535;

    private final Duration timeout;
    private final int tries;

    DnsClient(Duration timeout, int tries) {
        this.timeout = timeout;
        this.tries = tries;
    }

    /**
     * Asks.
     *
     * @param question an update or a query
     * @param key signs it, and must have signed the answer
     * @throws SocketTimeoutException when there is no answer
     * @throws IOException when there is one that is no DNS message, or not signed as it must be
     */
    Message ask(InetSocketAddress server, Message question, Optional<TsigKey> key)
            throws IOException, InterruptedException {
        Optional<TSIG> signer = key.map(TsigKey::signer);
        if (signer.isPresent()) {
            signer.get().apply(question, null);
        }
        byte[] wire = question.toWire();
        Message answer = overUdp(server, question, wire, signer);
        return answer.getHeader().getFlag(Flags.TC) ? overTcp(server, question, wire, signer) : answer;
    }

    private Message overUdp(InetSocketAddress server, Message question, byte[] wire, Optional<TSIG> signer)
            throws IOException, InterruptedException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(server); // no other address is heard, and a closed port is told at once
            for (int attempt = 0; attempt < tries; attempt++) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                socket.send(new DatagramPacket(wire, wire.length));
                Optional<Message> answer = receive(socket, question, signer);
                if (answer.isPresent()) {
                    return answer.get();
                }
            }
        }
        throw new SocketTimeoutException(
                "no answer in " + timeout.multipliedBy(tries).toSeconds() + " s");
    }

    private Optional<Message> receive(DatagramSocket socket, Message question, Optional<TSIG> signer)
            throws IOException {
        byte[] buffer = new byte[MAX_DATAGRAM];
        long end = System.nanoTime() + timeout.toNanos();
        for (long left = timeout.toMillis(); left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            socket.setSoTimeout((int) left);
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException e) {
                return Optional.empty();
            }
            byte[] bytes = Arrays.copyOf(buffer, packet.getLength());
            if (bytes.length > 1 && id(bytes) == question.getHeader().getID()) {
                return Optional.of(verified(bytes, question, signer));
            }
        }
        return Optional.empty();
    }

    private Message overTcp(InetSocketAddress server, Message question, byte[] wire, Optional<TSIG> signer)
            throws IOException {
        try (Socket socket = new Socket()) {
            int millis = (int) timeout.toMillis();
            socket.connect(server, millis);
            socket.setSoTimeout(millis);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] framed = new byte[wire.length + 2];
            framed[0] = (byte) (wire.length >> 8);
            framed[1] = (byte) wire.length;
            System.arraycopy(wire, 0, framed, 2, wire.length);
            out.write(framed);
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] bytes = new byte[in.readUnsignedShort()];
            in.readFully(bytes);
            if (bytes.length < 2 || id(bytes) != question.getHeader().getID()) {
                throw new IOException("the answer over TCP is for another question");
            }
            return verified(bytes, question, signer);
        }
    }

    private static int id(byte[] bytes) {
        return ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
    }

    private static Message verified(byte[] bytes, Message question, Optional<TSIG> signer) throws IOException {
        Message answer = new Message(bytes);
        TSIGRecord asked = question.getTSIG();
        if (signer.isEmpty() || asked == null || isRefusalOfTheKey(answer)) {
            return answer;
        }
        int result = signer.get().verify(answer, bytes, asked);
        if (result != Rcode.NOERROR) {
            throw new IOException("the answer is not signed with the TSIG key: " + Rcode.TSIGstring(result));
        }
        return answer;
    }

    /** A server that does not know the key can't sign with it (RFC 8945 section 5.3.2); believing that harms nobody. */
    private static boolean isRefusalOfTheKey(Message answer) {
        return answer.getRcode() != Rcode.NOERROR && answer.getRcode() != Rcode.NXDOMAIN;
    }
}
