package dev.tlsproxy.acme.internal.life;

/** Keeps names served (being written). */
public final class AcmeManager {}
