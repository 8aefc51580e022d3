/** The upstream side of an exchange: choice, pool, connection. */
@NullMarked
package dev.tlsproxy.internal.upstream;

import org.jspecify.annotations.NullMarked;
