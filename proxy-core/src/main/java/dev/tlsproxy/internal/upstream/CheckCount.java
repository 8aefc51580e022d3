package dev.tlsproxy.internal.upstream;

/** Makes a state of single results: it takes some in a row to change it. For one thread at a time. */
final class CheckCount {

    /** What a result changed. */
    enum Change {
        DOWN,
        UP,
        SAME
    }

    private final int rise;
    private final int fall;
    private boolean down;
    private int against; // results in a row that speak against the present state

    CheckCount(int rise, int fall) {
        this.rise = rise;
        this.fall = fall;
    }

    Change add(boolean passed) {
        if (passed != down) {
            against = 0;
            return Change.SAME;
        }
        against++;
        if (against < (down ? rise : fall)) {
            return Change.SAME;
        }
        against = 0;
        down = !down;
        return down ? Change.DOWN : Change.UP;
    }

    boolean isDown() {
        return down;
    }
}
