package realise.peers;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A copy of a ledger in one file; the grammar stands in libs/event_log/copy/commit_file.h. It is read while it is sent, as
 * PostgreSQL's client does, since a ledger need not fit into memory: the producer's buffer is how far that is ahead.
 */
final class BackupFile implements AutoCloseable {
    private static final String MAGIC = "RLSCPY01";
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int COUNT_FROM_END = Long.BYTES + 32;

    private final Path path;
    private final DataInputStream file;
    private final long commits;
    private long taken;

    BackupFile(Path path) throws IOException {
        this.path = path;
        try (RandomAccessFile end = new RandomAccessFile(path.toFile(), "r")) {
            end.seek(Math.max(0, end.length() - COUNT_FROM_END));
            commits = end.readLong();
        }
        file = new DataInputStream(new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES));
        byte[] magic = file.readNBytes(MAGIC.length());
        if (!MAGIC.equals(new String(magic, StandardCharsets.US_ASCII))) {
            file.close();
            throw new IOException(path + " is not a copy of a ledger");
        }
    }

    /** How many commits it holds. */
    long commits() {
        return commits;
    }

    /** The stored bytes of the next commit, oldest first; null behind the last. */
    byte[] next() throws IOException {
        int length = file.readInt();
        if ((length == 0) != (taken == commits)) {
            throw new IOException(path + " is damaged");
        }
        if (length == 0) {
            return null;
        }
        byte[] stored = new byte[length];
        file.readFully(stored);
        taken++;
        return stored;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
