/**
 * Memory for what is read and written: {@link dev.tlsproxy.internal.buffers.BufferPool}, whose I/O threads each keep some
 * in their {@code LocalBuffers}. Every room above the names may use it; it depends on nothing of the project.
 */
@NullMarked
package dev.tlsproxy.internal.buffers;

import org.jspecify.annotations.NullMarked;
