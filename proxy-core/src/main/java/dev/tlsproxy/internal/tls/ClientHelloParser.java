package dev.tlsproxy.internal.tls;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses the body of a ClientHello message. Every length must fit exactly; an extension may come once. */
final class ClientHelloParser {

    private static final int SERVER_NAME = 0;
    private static final int SUPPORTED_GROUPS = 10;
    private static final int ALPN = 16;
    private static final int SUPPORTED_VERSIONS = 43;
    private static final int KEY_SHARE = 51;
    private static final int HOST_NAME = 0;

    private Optional<String> serverName = Optional.empty();
    private List<String> applicationProtocols = List.of();
    private List<Integer> versions = List.of();
    private List<Integer> groups = List.of();
    private List<Integer> keyShares = List.of();

    private ClientHelloParser() {}

    /** Empty where the body is broken. */
    static Optional<ClientHello> parse(ByteBuffer body) {
        ClientHelloParser parser = new ClientHelloParser();
        try {
            parser.readMessage(body);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return Optional.empty();
        }
        return Optional.of(new ClientHello(
                parser.serverName, parser.applicationProtocols, parser.versions, parser.groups, parser.keyShares));
    }

    private void readMessage(ByteBuffer body) {
        vector(body, 2 + 32);
        vector(body, u8(body));
        vector(body, u16(body));
        vector(body, u8(body));
        if (!body.hasRemaining()) {
            return;
        }
        ByteBuffer extensions = vector(body, u16(body));
        requireEnd(body);
        Set<Integer> seen = new HashSet<>();
        while (extensions.hasRemaining()) {
            int type = u16(extensions);
            ByteBuffer data = vector(extensions, u16(extensions));
            if (!seen.add(type)) {
                throw new IllegalArgumentException("extension twice");
            }
            readExtension(type, data);
        }
    }

    private void readExtension(int type, ByteBuffer data) {
        switch (type) {
            case SERVER_NAME -> serverName = readServerName(whole(data, u16(data)));
            case ALPN -> applicationProtocols = readProtocols(whole(data, u16(data)));
            case SUPPORTED_VERSIONS -> versions = readNumbers(whole(data, u8(data)));
            case SUPPORTED_GROUPS -> groups = readNumbers(whole(data, u16(data)));
            case KEY_SHARE -> keyShares = readShares(whole(data, u16(data)));
            default -> {}
        }
    }

    private static Optional<String> readServerName(ByteBuffer list) {
        Optional<String> name = Optional.empty();
        while (list.hasRemaining()) {
            int type = u8(list);
            String text = text(vector(list, u16(list)));
            if (type == HOST_NAME) {
                if (name.isPresent() || text.isEmpty()) {
                    throw new IllegalArgumentException("host_name twice or empty");
                }
                name = Optional.of(text);
            }
        }
        return name;
    }

    private static List<String> readProtocols(ByteBuffer list) {
        List<String> protocols = new ArrayList<>();
        while (list.hasRemaining()) {
            protocols.add(text(vector(list, u8(list))));
        }
        return protocols;
    }

    private static List<Integer> readNumbers(ByteBuffer list) {
        List<Integer> numbers = new ArrayList<>();
        while (list.hasRemaining()) {
            numbers.add(u16(list));
        }
        return numbers;
    }

    private static List<Integer> readShares(ByteBuffer list) {
        List<Integer> shares = new ArrayList<>();
        while (list.hasRemaining()) {
            shares.add(u16(list));
            vector(list, u16(list));
        }
        return shares;
    }

    private static ByteBuffer whole(ByteBuffer data, int length) {
        ByteBuffer content = vector(data, length);
        requireEnd(data);
        return content;
    }

    private static void requireEnd(ByteBuffer buffer) {
        if (buffer.hasRemaining()) {
            throw new IllegalArgumentException("bytes behind the end");
        }
    }

    private static ByteBuffer vector(ByteBuffer from, int length) {
        if (length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer content = from.slice(from.position(), length);
        from.position(from.position() + length);
        return content;
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.ISO_8859_1.decode(bytes).toString();
    }

    private static int u8(ByteBuffer from) {
        return from.get() & 0xFF;
    }

    private static int u16(ByteBuffer from) {
        return from.getShort() & 0xFFFF;
    }
}
