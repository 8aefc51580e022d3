/**
 * What tests of several rooms share: {@link dev.tlsproxy.testing.TestCa} issues certified keys and gives a client that
 * trusts them, {@link dev.tlsproxy.testing.TestPem} writes them as PEM files in every encoding.
 */
@NullMarked
package dev.tlsproxy.testing;

import org.jspecify.annotations.NullMarked;
