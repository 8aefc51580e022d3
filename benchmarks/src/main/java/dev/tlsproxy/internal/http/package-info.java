/** Benchmarks of the parts in this package of proxy-core, whose types they may name here. */
@NullMarked
package dev.tlsproxy.internal.http;

import org.jspecify.annotations.NullMarked;
