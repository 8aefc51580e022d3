/**
 * Keeps names served over years: when a certificate is due, who is asked, what follows a failure. Reading order:
 * {@link dev.tlsproxy.acme.internal.life.AcmeManager} (entry), {@link dev.tlsproxy.acme.internal.life.LifeSettings},
 * {@link dev.tlsproxy.acme.internal.life.OnDemandSettings},
 * {@link dev.tlsproxy.acme.internal.life.Threads} and its {@link dev.tlsproxy.acme.internal.life.DaemonThreads};
 * {@code Demands} with {@code DemandedName}, {@code DemandLimit} and {@code RefusedNames} (names that clients ask for),
 * {@code NameGate} (the proxy, until a name is gone), {@code Agenda} and {@code Next} (whose turn it is), {@code NameLife}
 * (one name's state machine), {@code ServedCertificate} (what is served, what the store has), {@code Renewal} with
 * {@code RenewalPolicy} (when it is due),
 * {@code OrderTry} (one try at the CAs, in order), {@code Ca} with {@code Ledger}, {@code LedgerState}, {@code Outage},
 * {@code OwnRate} and {@code RegisteredDomain} (may this CA be asked now), {@code RetrySchedule} (when again),
 * {@code NameMemory}, {@code NameRecord} and {@code NameRecords} (what outlives a restart), {@code PropertiesText}.
 */
@NullMarked
package dev.tlsproxy.acme.internal.life;

import org.jspecify.annotations.NullMarked;
