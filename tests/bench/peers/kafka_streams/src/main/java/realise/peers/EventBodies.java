package realise.peers;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import realise.v1.Commit.CommitBody;
import realise.v1.EventOuterClass.Event;

/**
 * Walks the events of a commit and hands over the body of each. Envelopes are skipped on the wire: the fold needs none
 * of their ten texts, and protobuf-java would decode and check every one.
 */
final class EventBodies {
    /** The lowest field of Event.body; those below are the envelope. */
    private static final int FIRST_BODY_FIELD = Event.BOARD_ESTABLISHED_FIELD_NUMBER;

    /** Takes the body of one event; `input` is limited to it. */
    interface Taker {
        void take(int field, CodedInputStream input) throws IOException;
    }

    private EventBodies() {}

    /** Throws IllegalStateException if an event has no body, or the commit another number of events than it says. */
    static void forEach(StoredCommit commit, Taker taker) {
        byte[] stored = commit.stored();
        CodedInputStream input = CodedInputStream.newInstance(
                stored, StoredCommit.HEADER_BYTES, stored.length - StoredCommit.HEADER_BYTES);
        try {
            int count = 0;
            for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
                if (WireFormat.getTagFieldNumber(tag) != CommitBody.EVENTS_FIELD_NUMBER) {
                    throw new IllegalStateException("a commit has a field that is not known");
                }
                int outer = input.pushLimit(input.readRawVarint32());
                takeEvent(input, taker);
                input.popLimit(outer);
                count++;
            }
            if (count != commit.eventCount()) {
                throw new IllegalStateException("a commit has not the events that it says");
            }
        } catch (IOException damaged) {
            throw new IllegalStateException("a commit does not decode", damaged);
        }
    }

    private static void takeEvent(CodedInputStream input, Taker taker) throws IOException {
        boolean taken = false;
        for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
            int field = WireFormat.getTagFieldNumber(tag);
            if (field < FIRST_BODY_FIELD) {
                input.skipField(tag);
                continue;
            }
            int outer = input.pushLimit(input.readRawVarint32());
            taker.take(field, input);
            input.skipRawBytes(input.getBytesUntilLimit());
            input.popLimit(outer);
            taken = true;
        }
        if (!taken) {
            throw new IllegalStateException("an event has no body");
        }
    }
}
