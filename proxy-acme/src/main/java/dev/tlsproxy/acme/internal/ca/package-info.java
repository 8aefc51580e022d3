/** Room internal.ca. */
@NullMarked
package dev.tlsproxy.acme.internal.ca;

import org.jspecify.annotations.NullMarked;
