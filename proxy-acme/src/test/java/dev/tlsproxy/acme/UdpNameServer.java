package dev.tlsproxy.acme;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.xbill.DNS.Message;
import org.xbill.DNS.TSIG;

/** A name server on a free UDP port of the loopback address that answers as the test says, and keeps what it was asked. */
final class UdpNameServer implements AutoCloseable {

    final List<Message> asked = new CopyOnWriteArrayList<>();
    private final DatagramSocket socket;
    private final int port;
    private final Optional<TSIG> signer;
    private final Function<Message, Optional<Message>> answers;

    UdpNameServer(Optional<TSIG> signer, Function<Message, Optional<Message>> answers) throws IOException {
        this.socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        this.port = socket.getLocalPort();
        this.signer = signer;
        this.answers = answers;
        Thread thread = new Thread(this::serve, "name-server");
        thread.setDaemon(true);
        thread.start();
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    private void serve() {
        byte[] buffer = new byte[65_535];
        while (!socket.isClosed()) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            try {
                socket.receive(packet);
                Message question = new Message(Arrays.copyOf(buffer, packet.getLength()));
                asked.add(question);
                Optional<Message> answer = answers.apply(question);
                if (answer.isPresent()) {
                    signer.ifPresent(key -> key.apply(answer.get(), question.getTSIG()));
                    byte[] wire = answer.get().toWire();
                    socket.send(new DatagramPacket(wire, wire.length, packet.getSocketAddress()));
                }
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
