package realise.peers;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Sends records one by one and takes the time of each, until it is acknowledged and until it is folded. */
final class SingleAppends {
    private static final Duration EACH_MAX = Duration.ofMinutes(1);

    private final KafkaProducer<byte[], byte[]> producer;
    private final String topic;
    private final FoldProgress progress;
    private final long firstOffset;
    private Times acknowledged;
    private Times folded;

    SingleAppends(KafkaProducer<byte[], byte[]> producer, String topic, FoldProgress progress, long firstOffset) {
        this.producer = producer;
        this.topic = topic;
        this.progress = progress;
        this.firstOffset = firstOffset;
    }

    /** Keeps `window` under way; in order, since a claim cannot be validated before it is submitted. Returns the seconds. */
    double send(List<byte[]> commits, int window) throws Exception {
        int count = commits.size();
        long[] begins = new long[count];
        long[] acks = new long[count];
        acknowledged = new Times(count);
        folded = new Times(count);
        Semaphore done = new Semaphore(0);
        AtomicReference<Exception> failure = new AtomicReference<>();
        long start = System.nanoTime();
        for (int i = 0; i < count + window - 1; i++) {
            if (i < count) {
                int number = i;
                begins[i] = System.nanoTime();
                producer.send(new ProducerRecord<>(topic, 0, null, commits.get(i)), (metadata, failed) -> {
                    acks[number] = System.nanoTime();
                    failure.compareAndSet(null, failed);
                    done.release();
                });
            }
            int oldest = i - window + 1;
            if (oldest >= 0) {
                done.acquire();
                if (failure.get() != null) {
                    throw failure.get();
                }
                progress.await(firstOffset + oldest, EACH_MAX);
                acknowledged.add(acks[oldest] - begins[oldest]);
                folded.add(System.nanoTime() - begins[oldest]);
            }
        }
        return (System.nanoTime() - start) / 1e9;
    }

    Times acknowledged() {
        return acknowledged;
    }

    Times folded() {
        return folded;
    }
}
