package dev.tlsproxy.internal.http2;

/** How many octets of DATA may be sent (RFC 9113 section 6.9); below zero after a change of the initial size. */
final class Window {

    private int octets;

    Window(int octets) {
        this.octets = octets;
    }

    int octets() {
        return octets;
    }

    void take(int sent) {
        octets -= sent;
    }

    /** False where it would be more than a window can be: a flow-control error. */
    boolean add(int more) {
        long sum = (long) octets + more;
        if (sum > Integer.MAX_VALUE) {
            return false;
        }
        octets = (int) sum;
        return true;
    }
}
