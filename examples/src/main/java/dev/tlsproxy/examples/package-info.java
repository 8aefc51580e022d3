/**
 * The command line: {@code tls-proxy demo} and {@code tls-proxy run}.
 *
 * <p>Reading order: {@link dev.tlsproxy.examples.Main} (JmxOnDemand); RunCommand with ListenAddress, RouteOption and CertificateOption;
 * DemoCommand with DemoText; what both use to serve: Service, CaFile, ReadyLine.
 */
@NullMarked
package dev.tlsproxy.examples;

import org.jspecify.annotations.NullMarked;
