/**
 * A deployer that embeds the proxy in place of a separate one.
 *
 * <p>Reading order: {@link dev.tlsproxy.examples.deployer.Deployer}, {@link dev.tlsproxy.examples.deployer.Environment},
 * {@link dev.tlsproxy.examples.deployer.HttpsEdge}.
 */
@NullMarked
package dev.tlsproxy.examples.deployer;

import org.jspecify.annotations.NullMarked;
