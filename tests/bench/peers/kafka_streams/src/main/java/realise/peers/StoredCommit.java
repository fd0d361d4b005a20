package realise.peers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The header of a commit as it is stored; the grammar stands in proto/realise/v1/commit.proto. The chain of digests is
 * not checked: a peer takes its input as given.
 */
record StoredCommit(byte[] stored, long firstSequence, int eventCount) {
    static final int HEADER_BYTES = 100;
    private static final long MAGIC = ByteBuffer.wrap("RLSCMT01".getBytes(StandardCharsets.US_ASCII)).getLong();
    private static final int FIRST_SEQUENCE_AT = 72;
    private static final int EVENT_COUNT_AT = 80;
    private static final int BODY_LENGTH_AT = 96;

    /** Throws IllegalArgumentException if the bytes are no commit. */
    static StoredCommit decode(byte[] stored) {
        if (stored.length < HEADER_BYTES) {
            throw new IllegalArgumentException("a record of " + stored.length + " bytes is no commit");
        }
        ByteBuffer header = ByteBuffer.wrap(stored);
        if (header.getLong(0) != MAGIC || header.getInt(BODY_LENGTH_AT) != stored.length - HEADER_BYTES) {
            throw new IllegalArgumentException("a record is no commit");
        }
        return new StoredCommit(stored, header.getLong(FIRST_SEQUENCE_AT), header.getInt(EVENT_COUNT_AT));
    }

    /** One event of this commit as a commit of its own; `body` is a CommitBody of that event. */
    byte[] withOneEvent(long sequence, byte[] body) {
        byte[] single = new byte[HEADER_BYTES + body.length];
        System.arraycopy(stored, 0, single, 0, HEADER_BYTES);
        System.arraycopy(body, 0, single, HEADER_BYTES, body.length);
        ByteBuffer.wrap(single)
                .putLong(FIRST_SEQUENCE_AT, sequence)
                .putInt(EVENT_COUNT_AT, 1)
                .putInt(BODY_LENGTH_AT, body.length);
        return single;
    }

    /** The sequence of the last event up to here. */
    long lastSequence() {
        return firstSequence + eventCount - 1;
    }
}
