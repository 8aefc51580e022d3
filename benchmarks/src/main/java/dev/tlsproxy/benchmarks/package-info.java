/** What the benchmarks of the parts share; they stand in the packages of what they measure. */
@NullMarked
package dev.tlsproxy.benchmarks;

import org.jspecify.annotations.NullMarked;
