package realise.peers;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;

/** How far the fold is: written by the stream's thread, waited for by the one that measures. */
final class FoldProgress {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final long upTo;
    private long firstNanos;
    private long firstCpuNanos;
    private long cpuNanos;
    private long lastNanos;
    private long offset = -1;
    private long events;
    private Throwable failure;

    /** Commits that end behind the sequence `upTo` are passed over. */
    FoldProgress(long upTo) {
        this.upTo = upTo;
    }

    long upTo() {
        return upTo;
    }

    /** A commit is about to be folded. */
    void begins() {
        if (firstNanos == 0) {
            firstNanos = System.nanoTime();
            firstCpuNanos = THREADS.getCurrentThreadCpuTime();
        }
    }

    synchronized void folded(long atOffset, int count) {
        events += count;
        offset = atOffset;
        lastNanos = System.nanoTime();
        cpuNanos = THREADS.getCurrentThreadCpuTime();
        notifyAll();
    }

    synchronized void passedOver(long atOffset) {
        offset = atOffset;
        notifyAll();
    }

    synchronized void fails(Throwable thrown) {
        failure = thrown;
        notifyAll();
    }

    synchronized long events() {
        return events;
    }

    /** From the first commit's beginning to the last one's end: joining the group is not counted. */
    synchronized double seconds() {
        return (lastNanos - firstNanos) / 1e9;
    }

    /** CPU of the thread that folds, within seconds(). */
    synchronized double threadCpuSeconds() {
        return (cpuNanos - firstCpuNanos) / 1e9;
    }

    synchronized long lastNanos() {
        return lastNanos;
    }

    /** Waits until the record at an offset is folded.  Throws IllegalStateException if it fails, or takes too long. */
    synchronized void await(long target, Duration most) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        while (offset < target) {
            if (failure != null) {
                throw new IllegalStateException("the fold failed", failure);
            }
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new IllegalStateException("the fold is at offset " + offset + ", not at " + target);
            }
            wait(left);
        }
    }
}
