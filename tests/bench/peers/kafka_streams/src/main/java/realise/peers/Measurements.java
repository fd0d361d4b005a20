package realise.peers;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.state.KeyValueStore;

/** The accounts of measures: counts as one row for a measure, bands as one row for a measure's month. */
final class Measurements {
    private final KeyValueStore<String, byte[]> counts;
    private final KeyValueStore<String, byte[]> bands;

    Measurements(KeyValueStore<String, byte[]> counts, KeyValueStore<String, byte[]> bands) {
        this.counts = counts;
        this.bands = bands;
    }

    /** What was counted in a month takes the place of what stood there. */
    record Count(long numerator, long denominator, boolean partial, int version) {}

    record Waits(List<Long> counts, long unknownClockStarts, int version) {}

    void setCount(String measure, int month, Count count) {
        setCounts(measure, Map.of(
                Cells.count(Cells.NUMERATOR, month), count.numerator(),
                Cells.count(Cells.DENOMINATOR, month), count.denominator(),
                Cells.count(Cells.REPORTED, month), 1L,
                Cells.count(Cells.PARTIAL, month), count.partial() ? 1L : 0L,
                Cells.count(Cells.VERSION, month), (long) count.version()));
    }

    void setWaits(String measure, int month, Waits waits) {
        if (waits.counts().size() != Cells.BANDS) {
            throw new IllegalStateException("there are not 105 bands");
        }
        ByteBuffer row = ByteBuffer.allocate((Cells.BAND_VERSION + 1) * Long.BYTES);
        waits.counts().forEach(row::putLong);
        row.putLong(waits.unknownClockStarts()).putLong(1).putLong(waits.version());
        bands.put(bandsKey(measure, month), row.array());
        setCounts(measure, Map.of(Cells.count(Cells.REPORTED, month), 1L));
    }

    static String bandsKey(String measure, int month) {
        return measure + " " + month;
    }

    private void setCounts(String measure, Map<Long, Long> balances) {
        byte[] row = counts.get(measure);
        counts.put(measure, CellRow.set(row == null ? CellRow.EMPTY : row, balances));
    }
}
