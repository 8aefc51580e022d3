package dev.tlsproxy.internal.http2;

import java.nio.ByteBuffer;

/** What the upstream's SETTINGS frames have said so far (RFC 9113 section 6.5.2); the table size is nothing to an encoder without a table. */
final class PeerSettings {

    private int maxStreams = Integer.MAX_VALUE;
    private int initialWindow = Frame.DEFAULT_WINDOW;
    private int maxPayload = Frame.DEFAULT_MAX_PAYLOAD;

    /** Takes the payload of a frame, in order. */
    void apply(ByteBuffer payload) throws ConnectionErrorException {
        while (payload.hasRemaining()) {
            int id = payload.getShort() & 0xFFFF;
            int value = payload.getInt();
            switch (id) {
                case Frame.SETTING_ENABLE_PUSH -> {
                    if (value != 0) {
                        throw wrong(Frame.PROTOCOL_ERROR, "ENABLE_PUSH");
                    }
                }
                case Frame.SETTING_MAX_CONCURRENT_STREAMS -> maxStreams = value < 0 ? Integer.MAX_VALUE : value;
                case Frame.SETTING_INITIAL_WINDOW_SIZE -> {
                    if (value < 0) {
                        throw wrong(Frame.FLOW_CONTROL_ERROR, "INITIAL_WINDOW_SIZE");
                    }
                    initialWindow = value;
                }
                case Frame.SETTING_MAX_FRAME_SIZE -> {
                    if (value < Frame.DEFAULT_MAX_PAYLOAD || value > Frame.LARGEST_MAX_PAYLOAD) {
                        throw wrong(Frame.PROTOCOL_ERROR, "MAX_FRAME_SIZE");
                    }
                    maxPayload = value;
                }
                default -> {
                    // unknown ones are to be ignored
                }
            }
        }
    }

    private static ConnectionErrorException wrong(int code, String setting) {
        return new ConnectionErrorException(code, "SETTINGS: invalid " + setting);
    }

    int maxStreams() {
        return maxStreams;
    }

    /** Of a stream, for what is sent to the upstream. */
    int initialWindow() {
        return initialWindow;
    }

    /** Of the frames that are sent: no larger than they need be, whatever the upstream takes. */
    int maxPayload() {
        return Math.min(maxPayload, Frame.DEFAULT_MAX_PAYLOAD);
    }
}
