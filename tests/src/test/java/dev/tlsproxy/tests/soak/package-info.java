/**
 * A proxy in a JVM of its own, under mixed load, with an upstream that breaks in every way. In reading order: {@link
 * dev.tlsproxy.tests.soak.SoakIT}, {@link dev.tlsproxy.tests.soak.SoakedProxy}, {@link dev.tlsproxy.tests.soak.Load},
 * {@link dev.tlsproxy.tests.soak.Call}, {@link dev.tlsproxy.tests.soak.Fault}, {@link
 * dev.tlsproxy.tests.soak.FaultyUpstream}.
 */
package dev.tlsproxy.tests.soak;
