/** Room store. */
@NullMarked
package dev.tlsproxy.internal.store;

import org.jspecify.annotations.NullMarked;
