package realise.peers;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/** Every balance that is not 0, one line each, sorted: the form stands in tests/bench/peers/README.md. */
final class AnswersFile {
    private final List<String> lines = new ArrayList<>();

    static void write(FoldRun run, Path path) throws IOException {
        AnswersFile answers = new AnswersFile();
        forEach(run.store(FoldTopology.SAVINGS), answers::addSavings);
        forEach(run.store(FoldTopology.COUNTS), answers::addCounts);
        forEach(run.store(FoldTopology.BANDS), answers::addBands);
        // All of them are ASCII, so that the order of chars is that of bytes.
        Collections.sort(answers.lines);
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(path))) {
            for (String line : answers.lines) {
                file.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    private interface Row {
        void take(String key, byte[] value);
    }

    private static void forEach(ReadOnlyKeyValueStore<String, byte[]> store, Row row) {
        try (KeyValueIterator<String, byte[]> rows = store.all()) {
            while (rows.hasNext()) {
                KeyValue<String, byte[]> next = rows.next();
                row.take(next.key, next.value);
            }
        }
    }

    private void addSavings(String board, byte[] row) {
        for (int i = 0; i < CellRow.size(row); i++) {
            long cell = CellRow.cell(row, i);
            add(CellRow.balance(row, i), "savings", board, cell >> 44 & 0xff, cell >> 40 & 0xf, cell >> 36 & 0xf,
                    cell >> 32 & 0xf, cell >> 16 & 0xffff, cell & 0xffff);
        }
    }

    private void addCounts(String measure, byte[] row) {
        for (int i = 0; i < CellRow.size(row); i++) {
            long cell = CellRow.cell(row, i);
            add(CellRow.balance(row, i), "counts", measure, cell & 0xff, cell >> 8);
        }
    }

    private void addBands(String key, byte[] row) {
        ByteBuffer values = ByteBuffer.wrap(row);
        for (int cell = 0; values.hasRemaining(); cell++) {
            add(values.getLong(), "bands", key, cell);
        }
    }

    private void add(long balance, String kind, String account, long... cell) {
        if (balance == 0) {
            return;
        }
        StringBuilder line = new StringBuilder(kind).append(' ').append(account);
        for (long part : cell) {
            line.append(' ').append(part);
        }
        lines.add(line.append(' ').append(balance).toString());
    }
}
