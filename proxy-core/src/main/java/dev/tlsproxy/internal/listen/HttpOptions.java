package dev.tlsproxy.internal.listen;

import io.undertow.UndertowOptions;
import java.time.Duration;
import org.xnio.OptionMap;

/** Undertow's options for a proxy: it passes requests on and leaves judging them to the pipeline. */
final class HttpOptions {

    /** Per stream and for the connection: an upload fills it at 100 ms round-trip time with 20 Mbit/s. */
    static final int H2_WINDOW = 256 * 1024;

    /** What every connection begins with (RFC 9113 section 6.9.2). */
    static final int H2_DEFAULT_WINDOW = 65_535;

    private HttpOptions() {}

    static OptionMap of(ListenConfig config) {
        return OptionMap.builder()
                // Both together keep the request target as it is on the wire; every byte but SP passes, so what handles
                // the request must refuse control characters itself.
                .set(UndertowOptions.DECODE_URL, false)
                .set(UndertowOptions.ALLOW_UNESCAPED_CHARACTERS_IN_URL, true)
                .set(UndertowOptions.MAX_PARAMETERS, 100_000)
                .set(UndertowOptions.MAX_ENTITY_SIZE, -1L)
                .set(UndertowOptions.MAX_HEADER_SIZE, config.maxHeaderBytes())
                .set(UndertowOptions.MAX_HEADERS, config.maxHeaders())
                .set(UndertowOptions.NO_REQUEST_TIMEOUT, millis(config.keepAlive()))
                .set(UndertowOptions.REQUEST_PARSE_TIMEOUT, millis(config.requestHead()))
                .set(UndertowOptions.ALWAYS_SET_KEEP_ALIVE, false)
                .set(UndertowOptions.BUFFER_PIPELINED_DATA, true)
                .set(UndertowOptions.ALLOW_EQUALS_IN_COOKIE_VALUE, true)
                .set(UndertowOptions.ENABLE_HTTP2, true)
                .set(UndertowOptions.HTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, config.maxStreams())
                .set(UndertowOptions.HTTP2_SETTINGS_MAX_FRAME_SIZE, HeadBlock.MAX_BYTES)
                .set(UndertowOptions.HTTP2_SETTINGS_ENABLE_PUSH, false)
                .set(UndertowOptions.HTTP2_SETTINGS_INITIAL_WINDOW_SIZE, H2_WINDOW)
                .getMap();
    }

    /** Without time-outs: those of Undertow for HTTP/2 have gaps, {@link Http2Connection} has its own. */
    static OptionMap forHttp2(ListenConfig config) {
        return OptionMap.builder()
                .addAll(of(config))
                .set(UndertowOptions.NO_REQUEST_TIMEOUT, -1)
                .set(UndertowOptions.REQUEST_PARSE_TIMEOUT, -1)
                .getMap();
    }

    private static int millis(Duration time) {
        return Math.toIntExact(time.toMillis());
    }
}
