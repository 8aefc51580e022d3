package dev.tlsproxy;

/**
 * How a proxy came to its end.
 *
 * @param exchangesFinished exchanges that were under way, or came in flight, and ended in time
 * @param exchangesCut exchanges that were cut
 * @param tunnelsClosed tunnels that ended in time
 * @param tunnelsCut tunnels that were cut
 */
public record CloseReport(int exchangesFinished, int exchangesCut, int tunnelsClosed, int tunnelsCut) {

    /** For a proxy that was not running. */
    static final CloseReport NOTHING = new CloseReport(0, 0, 0, 0);

    /** As {@code exchanges finished 3, cut 0; tunnels closed 2, cut 1}. */
    @Override
    public String toString() {
        return "exchanges finished " + exchangesFinished + ", cut " + exchangesCut + "; tunnels closed " + tunnelsClosed
                + ", cut " + tunnelsCut;
    }
}
