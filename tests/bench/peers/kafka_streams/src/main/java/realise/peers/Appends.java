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
    private static final Duration SINGLE_MAX = Duration.ofMinutes(1);
    private static final int BULK_LINGER_MS = 5;
    private static final int SINGLE_CALLS = 2000;

    private Appends() {}

    /** Until the fold has the last commit. */
    static void inBulk(Options options) throws Exception {
        List<byte[]> commits = BackupFile.commits(options.path("--backup"));
        onNewTopic(options, (topic, run) -> {
            try (KafkaProducer<byte[], byte[]> producer = Ledgers.producer(options.brokers(), BULK_LINGER_MS)) {
                producer.partitionsFor(topic);
                long begin = System.nanoTime();
                List<Future<RecordMetadata>> sent = new ArrayList<>(commits.size());
                for (byte[] commit : commits) {
                    sent.add(producer.send(new ProducerRecord<>(topic, 0, null, commit)));
                }
                for (Future<RecordMetadata> one : sent) {
                    one.get();
                }
                long acknowledged = System.nanoTime();
                run.progress().await(commits.size() - 1, BULK_MAX);
                System.out.printf("kafka_streams append events=%d seconds=%.3f acknowledged_seconds=%.3f%n",
                        run.progress().events(),
                        (Math.max(run.progress().lastNanos(), acknowledged) - begin) / 1e9,
                        (acknowledged - begin) / 1e9);
            }
        });
    }

    /** One event in a commit, acknowledged and folded before the next is sent. */
    static void oneByOne(Options options) throws Exception {
        List<byte[]> commits = singles(BackupFile.commits(options.path("--backup")), options.calls(SINGLE_CALLS));
        onNewTopic(options, (topic, run) -> {
            try (KafkaProducer<byte[], byte[]> producer = Ledgers.producer(options.brokers(), 0)) {
                producer.partitionsFor(topic);
                Times acknowledged = new Times(commits.size());
                Times folded = new Times(commits.size());
                long start = System.nanoTime();
                for (int i = 0; i < commits.size(); i++) {
                    long begin = System.nanoTime();
                    producer.send(new ProducerRecord<>(topic, 0, null, commits.get(i))).get();
                    acknowledged.add(System.nanoTime() - begin);
                    run.progress().await(i, SINGLE_MAX);
                    folded.add(System.nanoTime() - begin);
                }
                System.out.printf("kafka_streams append-single events=%d seconds=%.3f %s %s%n",
                        run.progress().events(), (System.nanoTime() - start) / 1e9,
                        acknowledged.show("ack_"), folded.show("folded_"));
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

    private static List<byte[]> singles(List<byte[]> commits, int count) throws IOException {
        List<byte[]> singles = new ArrayList<>(count);
        for (byte[] stored : commits) {
            StoredCommit commit = StoredCommit.decode(stored);
            ByteString body = ByteString.copyFrom(
                    stored, StoredCommit.HEADER_BYTES, stored.length - StoredCommit.HEADER_BYTES);
            for (Event event : CommitBody.parseFrom(body).getEventsList()) {
                if (singles.size() == count) {
                    return singles;
                }
                byte[] single = CommitBody.newBuilder().addEvents(event).build().toByteArray();
                singles.add(commit.withOneEvent(singles.size() + 1, single));
            }
        }
        return singles;
    }
}
