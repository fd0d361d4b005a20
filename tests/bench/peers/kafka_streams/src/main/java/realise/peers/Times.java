package realise.peers;

import java.util.Arrays;

/** How long calls took. */
final class Times {
    private final long[] nanos;
    private int size;

    Times(int calls) {
        nanos = new long[calls];
    }

    void add(long each) {
        nanos[size++] = each;
    }

    /** "p50_us=29.1 p99_us=80.4", each name behind `prefix`. */
    String show(String prefix) {
        long[] sorted = Arrays.copyOf(nanos, size);
        Arrays.sort(sorted);
        return String.format("%sp50_us=%.1f %sp99_us=%.1f",
                prefix, sorted[size / 2] / 1e3, prefix, sorted[(int) (size * 0.99)] / 1e3);
    }
}
