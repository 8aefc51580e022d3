package dev.tlsproxy.examples;

import javax.management.MBeanServerBuilder;
import javax.management.MBeanServerDelegate;

/**
 * Leaves the platform's MBean server, a tenth of a start, to who asks for it: an agent named on the JVM's command line is
 * there before this, a console that attaches later has it made then. XNIO and its executor, which would make it for
 * statistics of their own, go without where nobody else has made it.
 */
public final class JmxOnDemand extends MBeanServerBuilder {

    private static final String BUILDER = "javax.management.builder.initial";

    /** How the names of the proxy's threads begin, one of which loads XNIO. */
    private static final String PROXY_THREADS = "tls-proxy";

    /** For the JVM, which makes one by its name. */
    public JmxOnDemand() {}

    /** Before XNIO is loaded. Does nothing where the JVM's command line asks for JMX, or names another builder. */
    static void install() {
        if (System.getProperty("com.sun.management.jmxremote") == null
                && System.getProperty("com.sun.management.jmxremote.port") == null
                && System.getProperty(BUILDER) == null) {
            System.setProperty(BUILDER, JmxOnDemand.class.getName());
            System.setProperty("jboss.threads.eqe.disable-mbean", "true");
        }
    }

    @Override
    public MBeanServerDelegate newMBeanServerDelegate() {
        if (Thread.currentThread().getName().startsWith(PROXY_THREADS)) {
            // XNIO takes any failure for a JVM without MBean server, and does not ask again. The next to ask may be a
            // thread of the JVM's own, which would not find this class.
            System.clearProperty(BUILDER);
            throw new IllegalStateException("no MBean server yet (made when a console asks for it)");
        }
        return super.newMBeanServerDelegate();
    }
}
