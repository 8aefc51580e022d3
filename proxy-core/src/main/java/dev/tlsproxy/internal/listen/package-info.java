/** Room listen. */
@NullMarked
package dev.tlsproxy.internal.listen;

import org.jspecify.annotations.NullMarked;
