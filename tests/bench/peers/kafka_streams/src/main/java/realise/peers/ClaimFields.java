package realise.peers;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.Arrays;
import realise.v1.ClaimEvents.ClaimCorrected;
import realise.v1.ClaimEvents.ClaimRejected;
import realise.v1.ClaimEvents.ClaimReversed;
import realise.v1.ClaimEvents.ClaimSubmitted;
import realise.v1.ClaimEvents.ClaimValidated;

/**
 * What the fold needs of an event about a claim, read off the wire: of ten events nine are about claims, and no message
 * is made of them. One object serves all.
 */
final class ClaimFields {
    /** Which field of an event's type holds what; 0 if none does. */
    record Layout(int claim, int benefit, int related, int posted, int pence) {}

    static final Layout SUBMITTED = new Layout(
            ClaimSubmitted.CLAIM_ID_FIELD_NUMBER,
            ClaimSubmitted.BENEFIT_ID_FIELD_NUMBER,
            ClaimSubmitted.RELATES_TO_PERIOD_FIELD_NUMBER,
            ClaimSubmitted.POSTED_TO_PERIOD_FIELD_NUMBER,
            ClaimSubmitted.AMOUNT_PENCE_FIELD_NUMBER);
    static final Layout VALIDATED = new Layout(
            ClaimValidated.CLAIM_ID_FIELD_NUMBER,
            0,
            0,
            ClaimValidated.POSTED_TO_PERIOD_FIELD_NUMBER,
            ClaimValidated.AMOUNT_PENCE_FIELD_NUMBER);
    static final Layout REJECTED = new Layout(
            ClaimRejected.CLAIM_ID_FIELD_NUMBER, 0, 0, ClaimRejected.POSTED_TO_PERIOD_FIELD_NUMBER, 0);
    static final Layout CORRECTED = new Layout(
            ClaimCorrected.CLAIM_ID_FIELD_NUMBER,
            0,
            0,
            ClaimCorrected.POSTED_TO_PERIOD_FIELD_NUMBER,
            ClaimCorrected.DELTA_PENCE_FIELD_NUMBER);
    static final Layout REVERSED = new Layout(
            ClaimReversed.CLAIM_ID_FIELD_NUMBER, 0, 0, ClaimReversed.POSTED_TO_PERIOD_FIELD_NUMBER, 0);

    private static final int FIELDS_MAX = 8;

    private final String[] texts = new String[FIELDS_MAX];
    private Layout layout;
    private long pence;

    ClaimFields read(Layout given, CodedInputStream body) throws IOException {
        layout = given;
        Arrays.fill(texts, null);
        pence = 0;
        for (int tag = body.readTag(); tag != 0; tag = body.readTag()) {
            int field = WireFormat.getTagFieldNumber(tag);
            if (field == given.pence()) {
                pence = body.readInt64();
            } else if (field == given.claim() || field == given.posted() || field == given.benefit()
                    || field == given.related()) {
                texts[field] = body.readString();
            } else {
                body.skipField(tag);
            }
        }
        return this;
    }

    String claimId() {
        return texts[layout.claim()];
    }

    String benefitId() {
        return texts[layout.benefit()];
    }

    int related() {
        return Month.parse(texts[layout.related()]);
    }

    int posted() {
        return Month.parse(texts[layout.posted()]);
    }

    long pence() {
        return pence;
    }
}
