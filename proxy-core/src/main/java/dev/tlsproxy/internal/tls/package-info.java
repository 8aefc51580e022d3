/** Room tls. */
@NullMarked
package dev.tlsproxy.internal.tls;

import org.jspecify.annotations.NullMarked;
