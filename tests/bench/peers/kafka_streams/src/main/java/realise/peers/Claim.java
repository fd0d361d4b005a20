package realise.peers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What the fold keeps of a claim: where it is posted, and its amounts. */
final class Claim {
    private static final int FIXED_BYTES = 24;

    final String id;
    final String board;
    final long line;
    final long claimed;
    long validated;
    boolean changed;  // since it was stored

    Claim(String id, String board, long line, long claimed) {
        this.id = id;
        this.board = board;
        this.line = line;
        this.claimed = claimed;
    }

    byte[] encode() {
        byte[] name = board.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(FIXED_BYTES + name.length)
                .putLong(line)
                .putLong(claimed)
                .putLong(validated)
                .put(name)
                .array();
    }

    static Claim decode(String id, byte[] stored) {
        ByteBuffer row = ByteBuffer.wrap(stored);
        String board =
                new String(stored, FIXED_BYTES, stored.length - FIXED_BYTES, StandardCharsets.US_ASCII);
        Claim claim = new Claim(id, board, row.getLong(0), row.getLong(8));
        claim.validated = row.getLong(16);
        return claim;
    }
}
