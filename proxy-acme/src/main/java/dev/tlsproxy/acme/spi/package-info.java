/**
 * What a user of proxy-acme chooses from or implements: {@link dev.tlsproxy.acme.spi.ChallengeSolver},
 * {@link dev.tlsproxy.acme.spi.ChallengeType}, {@link dev.tlsproxy.acme.spi.KeyType}.
 */
@NullMarked
package dev.tlsproxy.acme.spi;

import org.jspecify.annotations.NullMarked;
