package realise.peers;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;

/** One block cache for all stores, filters for claims that are long settled, and memtables that are not flushed small. */
public final class TunedRocksDb implements RocksDBConfigSetter {
    private static final long BLOCK_CACHE_BYTES = 256L << 20;
    private static final long MEMTABLE_BYTES = 64L << 20;
    private static final int BLOOM_BITS = 10;
    private static final Cache BLOCK_CACHE = new LRUCache(BLOCK_CACHE_BYTES);

    private BloomFilter filter;

    @Override
    public void setConfig(String store, Options options, Map<String, Object> configs) {
        filter = new BloomFilter(BLOOM_BITS);
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(BLOCK_CACHE);
        table.setFilterPolicy(filter);
        options.setTableFormatConfig(table);
        options.setWriteBufferSize(MEMTABLE_BYTES);
        options.setMaxWriteBufferNumber(3);
    }

    @Override
    public void close(String store, Options options) {
        filter.close();
    }
}
