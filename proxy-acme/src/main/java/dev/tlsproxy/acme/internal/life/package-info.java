/** Room internal.life. */
@NullMarked
package dev.tlsproxy.acme.internal.life;

import org.jspecify.annotations.NullMarked;
