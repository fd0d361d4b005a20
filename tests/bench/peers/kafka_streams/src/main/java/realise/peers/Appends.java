package realise.peers;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import realise.v1.Commit.CommitBody;
import realise.v1.EventOuterClass.Event;

/** Append and fold: a producer with acks=all beside the application that folds what it sends. */
final class Appends {
    private static final Duration BULK_MAX = Duration.ofHours(1);
    private static final int BULK_LINGER_MS = 5;
    private static final int SINGLE_CALLS = 2000;

    private Appends() {}

    /** Until the fold has the last commit. */
    static void inBulk(Options options) throws Exception {
        onNewTopic(options, (topic, run) -> {
            try (BackupFile file = new BackupFile(options.path("--backup"));
                    KafkaProducer<byte[], byte[]> producer = Ledgers.producer(options.brokers(), BULK_LINGER_MS)) {
                producer.partitionsFor(topic);
                long begin = System.nanoTime();
                List<Future<RecordMetadata>> sent = new ArrayList<>();
                for (byte[] commit = file.next(); commit != null; commit = file.next()) {
                    sent.add(producer.send(new ProducerRecord<>(topic, 0, null, commit)));
                }
                for (Future<RecordMetadata> one : sent) {
                    one.get();
                }
                long acknowledged = System.nanoTime();
                run.progress().await(file.commits() - 1, BULK_MAX);
                System.out.printf("kafka_streams append events=%d seconds=%.3f acknowledged_seconds=%.3f%n",
                        run.progress().events(),
                        (Math.max(run.progress().lastNanos(), acknowledged) - begin) / 1e9,
                        (acknowledged - begin) / 1e9);
            }
        });
    }

    /** Single events behind half of the ledger, each acknowledged and folded before the one `window` later is sent. */
    static void oneByOne(Options options) throws Exception {
        onNewTopic(options, (topic, run) -> {
            try (BackupFile file = new BackupFile(options.path("--backup"));
                    KafkaProducer<byte[], byte[]> producer = Ledgers.producer(options.brokers(), 0)) {
                long half = file.commits() / 2;
                for (long i = 0; i < half; i++) {
                    producer.send(new ProducerRecord<>(topic, 0, null, file.next()));
                }
                producer.flush();
                run.progress().await(half - 1, BULK_MAX);
                List<byte[]> singles = singles(file, options.calls(SINGLE_CALLS));
                SingleAppends appends = new SingleAppends(producer, topic, run.progress(), half);
                double seconds = appends.send(singles, options.window());
                System.out.printf("kafka_streams append-single events=%d seconds=%.3f window=%d %s %s%n", singles.size(),
                        seconds, options.window(), appends.acknowledged().show("ack_"), appends.folded().show("folded_"));
            }
        });
    }

    private interface Work {
        void on(String topic, FoldRun run) throws Exception;
    }

    // The application runs, and has its partition, before anything is sent.
    private static void onNewTopic(Options options, Work work) throws Exception {
        String topic = "realise-peer-input-" + UUID.randomUUID();
        Ledgers.create(options.brokers(), topic);
        try (FoldRun run = new FoldRun(options.brokers(), topic, Long.MAX_VALUE)) {
            run.start();
            work.on(topic, run);
        } finally {
            Ledgers.delete(options.brokers(), topic);
        }
    }

    // The next `calls` events of the file, or all that are left, as commits of one event each.
    private static List<byte[]> singles(BackupFile file, int calls) throws IOException {
        List<byte[]> singles = new ArrayList<>();
        for (byte[] stored = file.next(); stored != null && singles.size() < calls; stored = file.next()) {
            addSingles(stored, singles);
        }
        return singles.subList(0, Math.min(calls, singles.size()));
    }

    private static void addSingles(byte[] stored, List<byte[]> singles) throws IOException {
        StoredCommit commit = StoredCommit.decode(stored);
        ByteString body =
                ByteString.copyFrom(stored, StoredCommit.HEADER_BYTES, stored.length - StoredCommit.HEADER_BYTES);
        long sequence = commit.firstSequence();
        for (Event event : CommitBody.parseFrom(body).getEventsList()) {
            byte[] single = CommitBody.newBuilder().addEvents(event).build().toByteArray();
            singles.add(commit.withOneEvent(sequence++, single));
        }
    }
}
