package dev.tlsproxy.internal.store;

import dev.tlsproxy.spi.CertificateStore.Lease;
import java.nio.file.Path;
import java.util.Optional;

/** A process of its own that tries for a lock, says whether it got it, and with "hold" keeps it until it is killed. */
final class LockContender {

    private LockContender() {}

    public static void main(String[] args) throws Exception {
        Optional<Lease> lease = new FileCertificateStore(Path.of(args[0])).tryLock(args[1]);
        System.out.println(lease.isPresent() ? "got" : "held");
        System.out.flush();
        if (args[2].equals("hold")) {
            System.in.read(); // the parent writes nothing; its end is this one's too
        }
    }
}
