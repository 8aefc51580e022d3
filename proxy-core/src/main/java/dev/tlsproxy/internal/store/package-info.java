/**
 * Certified keys on disk. In reading order: {@link dev.tlsproxy.internal.store.PemFiles} (what a user keeps in PEM
 * files), {@link dev.tlsproxy.internal.store.FileCertificateStore} (what the proxy keeps, one PEM file per name),
 * {@code StoreDirectory} (how a file is read, replaced and probed), {@code Leftovers} (of processes that died),
 * {@code StoreLocks} (locks between processes), {@code PemContent} (certificates and the key of one text), {@code PemKeys} (one key), {@code PemBlock} (one block, RFC 7468), {@code PemWriter}.
 */
@NullMarked
package dev.tlsproxy.internal.store;

import org.jspecify.annotations.NullMarked;
