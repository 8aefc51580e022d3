/** WebSocket-aware rules for routes: {@link dev.tlsproxy.websocket.AllowedOrigins}. */
@NullMarked
package dev.tlsproxy.websocket;

import org.jspecify.annotations.NullMarked;
