/** From a client request to its client response: the pipeline. */
@NullMarked
package dev.tlsproxy.internal.http;

import org.jspecify.annotations.NullMarked;
