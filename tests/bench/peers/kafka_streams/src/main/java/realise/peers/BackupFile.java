package realise.peers;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A copy of a ledger in one file; the grammar stands in libs/event_log/copy/commit_file.h. */
final class BackupFile {
    private static final String MAGIC = "RLSCPY01";
    private static final int BUFFER_BYTES = 1 << 20;

    private BackupFile() {}

    /** The stored bytes of every commit, oldest first: all in memory, so that reading the file is not measured. */
    static List<byte[]> commits(Path path) throws IOException {
        try (DataInputStream file =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES))) {
            byte[] magic = file.readNBytes(MAGIC.length());
            if (!MAGIC.equals(new String(magic, java.nio.charset.StandardCharsets.US_ASCII))) {
                throw new IOException(path + " is not a copy of a ledger");
            }
            List<byte[]> commits = new ArrayList<>();
            for (int length = file.readInt(); length != 0; length = file.readInt()) {
                byte[] stored = new byte[length];
                file.readFully(stored);
                commits.add(stored);
            }
            if (file.readLong() != commits.size()) {
                throw new IOException(path + " is damaged");
            }
            return commits;
        }
    }
}
