package realise.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** One life of the application on one topic, from nothing: its own group, changelogs and folder, all taken away at the end. */
final class FoldRun implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofMinutes(2);
    private static final int MIB = 1 << 20;

    private final String brokers;
    private final String application = "realise-peer-" + UUID.randomUUID();
    private final Path folder;
    private final FoldProgress progress;
    private final KafkaStreams streams;
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    FoldRun(String brokers, String topic, long upTo) throws IOException {
        this.brokers = brokers;
        folder = Files.createTempDirectory("realise-peer-");
        progress = new FoldProgress(upTo);
        streams = new KafkaStreams(FoldTopology.of(topic, progress), properties());
        streams.setUncaughtExceptionHandler(thrown -> {
            failure.set(thrown);
            progress.fails(thrown);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    }

    /** Returns once the partition is assigned. */
    void start() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(1);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING || now == KafkaStreams.State.ERROR) {
                running.countDown();
            }
        });
        streams.start();
        if (!running.await(START_MAX.toSeconds(), TimeUnit.SECONDS) || failure.get() != null) {
            throw new IllegalStateException("the application does not start", failure.get());
        }
    }

    FoldProgress progress() {
        return progress;
    }

    ReadOnlyKeyValueStore<String, byte[]> store(String name) {
        return streams.store(
                StoreQueryParameters.fromNameAndType(name, QueryableStoreTypes.<String, byte[]>keyValueStore()));
    }

    @Override
    public void close() {
        streams.close();
        try (Admin admin = Admin.create(Ledgers.adminProperties(brokers)); Stream<Path> files = Files.walk(folder)) {
            List<String> own = admin.listTopics().names().get().stream()
                    .filter(name -> name.startsWith(application))
                    .toList();
            admin.deleteTopics(own).all().get();
            files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (Exception failed) {
            throw new IllegalStateException("the application's topics are still there", failed);
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, application);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
        // A ledger is one partition, and so one task.
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        // Balances are added to: at least once would add what came before a crash again.
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        // Every commit writes all rows that the cache holds back.  Ten a second is for those who follow a topic behind this
        // one; nobody does, and queries see what is not committed.
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 5000);
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 128L * MIB);
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, TunedRocksDb.class);
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 200);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 8 * MIB);
        // Every poll takes all that was fetched: only then does the consumer ask for more, while this is folded.
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 500);
        // As large as the kernel finds right: a fetch arrives only while the thread polls, a buffer at a time.
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.RECEIVE_BUFFER_CONFIG), -1);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), MIB / 2);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 50);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L * MIB);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), 4 * MIB);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 60_000);
        properties.put(StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG), 4 * MIB);
        return properties;
    }
}
