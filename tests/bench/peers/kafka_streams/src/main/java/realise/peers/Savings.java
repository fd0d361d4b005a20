package realise.peers;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.state.KeyValueStore;

/** The savings accounts: a whole board is one row, and a commit rewrites each row that it touches once. */
final class Savings {
    private final KeyValueStore<String, byte[]> store;
    private final Map<String, CellRow.Changes> boards = new HashMap<>();

    Savings(KeyValueStore<String, byte[]> store) {
        this.store = store;
    }

    void post(String board, long cell, long pence) {
        if (pence != 0) {
            boards.computeIfAbsent(board, any -> new CellRow.Changes()).add(cell, pence);
        }
    }

    /** Writes what was posted since the last call. */
    void store() {
        boards.forEach((board, changes) -> {
            if (changes.size() == 0) {
                return;
            }
            byte[] row = store.get(board);
            store.put(board, CellRow.add(row == null ? CellRow.EMPTY : row, changes));
            changes.clear();
        });
    }
}
