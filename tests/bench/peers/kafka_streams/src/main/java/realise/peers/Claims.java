package realise.peers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The claims, one row each. What a commit changed is written in one batch, which RocksDB takes at half the price of single
 * puts; the latest claims stay as objects, since most are settled soon after they are submitted. That does what the record
 * cache would do, without its tree of keys.
 */
final class Claims {
    /** Two generations of this many at most are kept as objects. */
    private static final int GENERATION = 4096;

    private final KeyValueStore<String, byte[]> store;
    private Map<String, Claim> young = new HashMap<>();
    private Map<String, Claim> old = new HashMap<>();
    private final List<Claim> changed = new ArrayList<>();

    Claims(KeyValueStore<String, byte[]> store) {
        this.store = store;
    }

    void submit(Claim claim) {
        young.put(claim.id, claim);
        noteChange(claim);
    }

    /** The claim, to read or to change; who changes it calls noteChange. */
    Claim find(String id) {
        Claim claim = young.get(id);
        if (claim != null) {
            return claim;
        }
        claim = old.get(id);
        if (claim == null) {
            byte[] row = store.get(id);
            if (row == null) {
                throw new IllegalStateException("there is no claim " + id);
            }
            claim = Claim.decode(id, row);
        }
        young.put(id, claim);
        return claim;
    }

    void noteChange(Claim claim) {
        if (!claim.changed) {
            claim.changed = true;
            changed.add(claim);
        }
    }

    /** Writes what changed since the last call. */
    void store() {
        if (changed.isEmpty()) {
            return;
        }
        List<KeyValue<String, byte[]>> rows = new ArrayList<>(changed.size());
        for (Claim claim : changed) {
            claim.changed = false;
            rows.add(KeyValue.pair(claim.id, claim.encode()));
        }
        changed.clear();
        store.putAll(rows);
        if (young.size() > GENERATION) {
            old = young;
            young = new HashMap<>();
        }
    }
}
