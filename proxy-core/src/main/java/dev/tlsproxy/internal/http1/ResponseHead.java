package dev.tlsproxy.internal.http1;

import io.undertow.client.ClientResponse;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import org.jspecify.annotations.Nullable;

/**
 * Status line and fields of a response.
 *
 * @param protocol HTTP/1.0 or HTTP/1.1
 * @param status 100 to 999
 * @param reason may be empty
 * @param fields repeated ones in their order
 */
record ResponseHead(HttpString protocol, int status, String reason, HeaderMap fields) {

    boolean http10() {
        return protocol.equals(Protocols.HTTP_1_0);
    }

    /** Anything but the final response (RFC 9110 section 15.2); 101 ends HTTP on the connection. */
    boolean interim() {
        return status < 200 && status != 101;
    }

    /** RFC 9112 section 9.3. */
    boolean persistent() {
        return !names("close") && (!http10() || names("keep-alive"));
    }

    ClientResponse response() {
        return new ClientResponse(status, reason, protocol, fields);
    }

    private boolean names(String option) {
        @Nullable HeaderValues connection = fields.get(Headers.CONNECTION);
        if (connection == null) {
            return false;
        }
        for (String line : connection) {
            for (String name : line.split(",")) {
                if (name.strip().equalsIgnoreCase(option)) {
                    return true;
                }
            }
        }
        return false;
    }
}
