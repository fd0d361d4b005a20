package realise.peers;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Ledgers as topics of one partition: their ends, new ones, and the producer that fills them. */
final class Ledgers {
    private static final int MIB = 1 << 20;

    private Ledgers() {}

    static Properties adminProperties(String brokers) {
        Properties properties = new Properties();
        properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        return properties;
    }

    /** The offset of the last record. */
    static long lastOffset(String brokers, String topic) throws ExecutionException, InterruptedException {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = Admin.create(adminProperties(brokers))) {
            return admin.listOffsets(Map.of(partition, OffsetSpec.latest())).all().get().get(partition).offset() - 1;
        }
    }

    static void create(String brokers, String topic) throws ExecutionException, InterruptedException {
        NewTopic created = new NewTopic(topic, Optional.of(1), Optional.empty());
        created.configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(MIB)));
        try (Admin admin = Admin.create(adminProperties(brokers))) {
            admin.createTopics(List.of(created)).all().get();
        }
    }

    static void delete(String brokers, String topic) throws ExecutionException, InterruptedException {
        try (Admin admin = Admin.create(adminProperties(brokers))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
    }

    static KafkaProducer<byte[], byte[]> producer(String brokers, int lingerMs) {
        Properties properties = new Properties();
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, lingerMs);
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, MIB - 4096);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 64L * MIB);
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
