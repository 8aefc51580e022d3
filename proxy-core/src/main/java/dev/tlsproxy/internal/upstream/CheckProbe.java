package dev.tlsproxy.internal.upstream;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.XnioIoThread;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/**
 * One health check: a GET on a connection of its own, which holds no place of the upstream's limit. On one I/O thread; never
 * blocks.
 */
final class CheckProbe implements UpstreamConnector.Callback {

    static final String USER_AGENT = "tls-proxy health check";

    private final UpstreamAddress upstream;
    private final CheckConfig config;
    private final UpstreamConnector connector;
    private final XnioIoThread thread;
    private final Consumer<Optional<String>> result;
    private final CheckResponse response = new CheckResponse();
    private final ByteBuffer request;
    private XnioExecutor.@Nullable Key timer;
    private @Nullable StreamConnection connection;
    private boolean told;
    private boolean over;

    /**
     * @param result told once, unless abandoned: empty when the check passed, else what was wrong
     */
    CheckProbe(
            UpstreamAddress upstream,
            CheckConfig config,
            UpstreamConnector connector,
            XnioIoThread thread,
            Consumer<Optional<String>> result) {
        this.upstream = upstream;
        this.config = config;
        this.connector = connector;
        this.thread = thread;
        this.result = result;
        this.request = ByteBuffer.wrap(request(upstream.uri(), config).getBytes(StandardCharsets.US_ASCII));
    }

    static String request(URI upstream, CheckConfig config) {
        String host = config.host() != null ? config.host() : upstream.getRawAuthority();
        return "GET " + upstream.getRawPath() + config.path() + " HTTP/1.1\r\n"
                + "Host: " + host + "\r\n"
                + "User-Agent: " + USER_AGENT + "\r\n"
                + "Accept: */*\r\n"
                + "Connection: close\r\n\r\n";
    }

    void start() {
        timer = Timers.after(thread, config.timeout().toNanos(), () -> end("no answer within " + config.timeout()));
        connector.connect(upstream, null, thread, this);
    }

    @Override
    public void connected(StreamConnection stream) {
        if (over) {
            IoUtils.safeClose(stream);
            return;
        }
        connection = stream;
        if (upstream.http2()) {
            new CheckOverHttp2(stream, connector, upstream, config, this::answered, failure -> end(failure.reason()));
            return;
        }
        stream.getSourceChannel().setReadListener(this::read);
        stream.getSinkChannel().setWriteListener(this::write);
        stream.getSourceChannel().resumeReads();
        write(stream.getSinkChannel());
    }

    @Override
    public void failed(UpstreamFailure failure) {
        end(failure.reason());
    }

    private void write(StreamSinkChannel sink) {
        try {
            while (request.hasRemaining() && sink.write(request) > 0) {
                // the rest may go at once as well
            }
            if (!request.hasRemaining() && sink.flush()) {
                sink.suspendWrites();
            } else {
                sink.resumeWrites();
            }
        } catch (IOException e) {
            end(UpstreamFailure.CLOSED.reason());
        }
    }

    /** To the end, up to a limit: a server that is cut off while it writes may log that as a fault. */
    private void read(StreamSourceChannel source) {
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        try {
            int read = 1;
            while (!over && read > 0) {
                bytes.clear();
                read = source.read(bytes);
                bytes.flip();
                response.add(bytes);
                answered();
            }
            if (read < 0 || response.isTooLong()) {
                end(UpstreamFailure.CLOSED.reason());
            }
        } catch (IOException e) {
            end(UpstreamFailure.CLOSED.reason());
        }
    }

    private void answered() {
        OptionalInt status = response.status();
        if (response.isInvalid()) {
            end(UpstreamFailure.BAD_RESPONSE.reason());
        } else if (status.isPresent()) {
            tell(fault(status.getAsInt()));
        }
    }

    /** The whole of it, over HTTP/2. */
    private void answered(int status) {
        tell(fault(status));
        abandon();
    }

    private Optional<String> fault(int status) {
        if (status >= config.minStatus() && status <= config.maxStatus()) {
            return Optional.empty();
        }
        String expected = config.minStatus() == config.maxStatus()
                ? Integer.toString(config.minStatus())
                : config.minStatus() + ".." + config.maxStatus();
        return Optional.of("status " + status + " (expected: " + expected + ")");
    }

    /** Ends it; for one that was answered before, only its connection. */
    private void end(String fault) {
        abandon();
        tell(Optional.of(fault));
    }

    private void tell(Optional<String> outcome) {
        if (!told) {
            told = true;
            result.accept(outcome);
        }
    }

    /** Ends it without a result; on its I/O thread. */
    void abandon() {
        over = true;
        if (timer != null) {
            timer.remove();
        }
        IoUtils.safeClose(connection);
    }
}
