package realise.peers;

import java.util.List;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** One source, one processor, five RocksDB stores, all of them with their changelogs. */
final class FoldTopology {
    static final String SAVINGS = "savings";
    static final String COUNTS = "counts";
    static final String BANDS = "bands";
    static final String CLAIMS = "claims";
    static final String REGISTER = "register";

    private FoldTopology() {}

    static Topology of(String topic, FoldProgress progress) {
        Topology topology = new Topology();
        topology.addSource("commits", new ByteArrayDeserializer(), new ByteArrayDeserializer(), topic);
        topology.addProcessor("fold", () -> new LedgerFold(progress), "commits");
        // A board's row is rewritten by every commit: the cache turns that into one write for each transaction.
        for (String store : List.of(SAVINGS, COUNTS, BANDS, REGISTER)) {
            topology.addStateStore(rows(store).withCachingEnabled(), "fold");
        }
        topology.addStateStore(rows(CLAIMS).withCachingDisabled(), "fold");
        return topology;
    }

    private static StoreBuilder<KeyValueStore<String, byte[]>> rows(String name) {
        return Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.ByteArray());
    }
}
