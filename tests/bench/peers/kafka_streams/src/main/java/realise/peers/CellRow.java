package realise.peers;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A whole account as the value of one key: (cell, balance) pairs of 8 + 8 bytes, big endian, sorted by cell. It is
 * searched and changed as bytes, since a store hands out bytes: an account of 2,000 cells is not made into objects to
 * change a dozen of them.
 */
final class CellRow {
    static final byte[] EMPTY = new byte[0];
    private static final int PAIR_BYTES = 16;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private CellRow() {}

    static int size(byte[] row) {
        return row.length / PAIR_BYTES;
    }

    static long cell(byte[] row, int i) {
        return (long) LONG.get(row, i * PAIR_BYTES);
    }

    static long balance(byte[] row, int i) {
        return (long) LONG.get(row, i * PAIR_BYTES + 8);
    }

    /** A new row with the changes added; the old one stays as it is, since a reader may hold it. */
    static byte[] add(byte[] row, Changes changes) {
        byte[] changed = row.clone();
        TreeMap<Long, Long> missing = null;
        for (int i = 0; i < changes.size(); i++) {
            int at = find(changed, changes.cell(i));
            if (at >= 0) {
                put(changed, at, changes.cell(i), Math.addExact(balance(changed, at), changes.delta(i)));
            } else {
                missing = missing == null ? new TreeMap<>() : missing;
                missing.merge(changes.cell(i), changes.delta(i), Math::addExact);
            }
        }
        return missing == null ? changed : merge(changed, missing);
    }

    /** A new row in which these cells have these balances. */
    static byte[] set(byte[] row, Map<Long, Long> balances) {
        byte[] changed = row.clone();
        TreeMap<Long, Long> missing = new TreeMap<>();
        balances.forEach((cell, balance) -> {
            int at = find(changed, cell);
            if (at >= 0) {
                put(changed, at, cell, balance);
            } else {
                missing.put(cell, balance);
            }
        });
        return missing.isEmpty() ? changed : merge(changed, missing);
    }

    private static void put(byte[] row, int i, long cell, long balance) {
        LONG.set(row, i * PAIR_BYTES, cell);
        LONG.set(row, i * PAIR_BYTES + 8, balance);
    }

    // The cell's place, or less than 0 if the row does not have it.
    private static int find(byte[] row, long cell) {
        int low = 0;
        int high = size(row) - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long there = cell(row, middle);
            if (there == cell) {
                return middle;
            }
            if (there < cell) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    private static byte[] merge(byte[] row, TreeMap<Long, Long> missing) {
        byte[] merged = Arrays.copyOf(row, row.length + missing.size() * PAIR_BYTES);
        int from = size(row) - 1;
        int to = size(merged) - 1;
        for (Map.Entry<Long, Long> entry : missing.descendingMap().entrySet()) {
            for (; from >= 0 && cell(row, from) > entry.getKey(); from--) {
                put(merged, to--, cell(row, from), balance(row, from));
            }
            put(merged, to--, entry.getKey(), entry.getValue());
        }
        return merged;
    }

    /** What a commit adds to the cells of one account. */
    static final class Changes {
        private long[] cells = new long[64];
        private long[] deltas = new long[64];
        private int size;

        void add(long cell, long delta) {
            if (size == cells.length) {
                cells = Arrays.copyOf(cells, 2 * size);
                deltas = Arrays.copyOf(deltas, 2 * size);
            }
            cells[size] = cell;
            deltas[size++] = delta;
        }

        void clear() {
            size = 0;
        }

        int size() {
            return size;
        }

        long cell(int i) {
            return cells[i];
        }

        long delta(int i) {
            return deltas[i];
        }
    }
}
