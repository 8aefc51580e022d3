/** Room internal.order. */
@NullMarked
package dev.tlsproxy.acme.internal.order;

import org.jspecify.annotations.NullMarked;
