package realise.peers;

import com.google.protobuf.CodedInputStream;
import java.io.IOException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import realise.v1.BenefitEvents.BenefitRegistered;
import realise.v1.BoardEvents.ProjectAssignedToBoard;
import realise.v1.BoardEvents.ProjectProposed;
import realise.v1.EventOuterClass.Event;
import realise.v1.MeasureEvents.MeasureDefined;
import realise.v1.MeasureEvents.MeasureUnit;
import realise.v1.MeasureEvents.MeasurementCorrected;
import realise.v1.MeasureEvents.MeasurementRecorded;
import realise.v1.MeasureEvents.WaitBandsRecorded;

/** Folds commits into the stores as libs/postings does, without its checks: every event is taken as valid. */
final class LedgerFold implements Processor<byte[], byte[], Void, Void> {
    private final FoldProgress progress;
    private final ClaimFields claim = new ClaimFields();
    private ProcessorContext<Void, Void> context;
    private Register register;
    private Claims claims;
    private Savings savings;
    private Measurements measurements;

    LedgerFold(FoldProgress progress) {
        this.progress = progress;
    }

    @Override
    public void init(ProcessorContext<Void, Void> given) {
        context = given;
        register = new Register(given.getStateStore(FoldTopology.REGISTER));
        claims = new Claims(given.getStateStore(FoldTopology.CLAIMS));
        savings = new Savings(given.getStateStore(FoldTopology.SAVINGS));
        measurements = new Measurements(
                given.getStateStore(FoldTopology.COUNTS), given.getStateStore(FoldTopology.BANDS));
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        progress.begins();
        StoredCommit commit = StoredCommit.decode(record.value());
        long offset = context.recordMetadata().orElseThrow().offset();
        if (commit.lastSequence() > progress.upTo()) {
            progress.passedOver(offset);
            return;
        }
        EventBodies.forEach(commit, this::fold);
        claims.store();
        savings.store();
        progress.folded(offset, commit.eventCount());
    }

    private void fold(int type, CodedInputStream body) throws IOException {
        switch (type) {
            case Event.CLAIM_SUBMITTED_FIELD_NUMBER -> submitted(claim.read(ClaimFields.SUBMITTED, body));
            case Event.CLAIM_VALIDATED_FIELD_NUMBER -> validated(claim.read(ClaimFields.VALIDATED, body));
            case Event.CLAIM_REJECTED_FIELD_NUMBER -> rejected(claim.read(ClaimFields.REJECTED, body));
            case Event.CLAIM_CORRECTED_FIELD_NUMBER -> corrected(claim.read(ClaimFields.CORRECTED, body));
            case Event.CLAIM_REVERSED_FIELD_NUMBER -> reversed(claim.read(ClaimFields.REVERSED, body));
            case Event.MEASUREMENT_RECORDED_FIELD_NUMBER -> recorded(MeasurementRecorded.parseFrom(body));
            case Event.WAIT_BANDS_RECORDED_FIELD_NUMBER -> waits(WaitBandsRecorded.parseFrom(body));
            case Event.MEASUREMENT_CORRECTED_FIELD_NUMBER -> corrected(MeasurementCorrected.parseFrom(body));
            case Event.MEASURE_DEFINED_FIELD_NUMBER -> defined(MeasureDefined.parseFrom(body));
            case Event.BENEFIT_REGISTERED_FIELD_NUMBER -> registered(BenefitRegistered.parseFrom(body));
            case Event.PROJECT_PROPOSED_FIELD_NUMBER ->
                register.addProject(ProjectProposed.parseFrom(body).getProjectId());
            case Event.PROJECT_ASSIGNED_TO_BOARD_FIELD_NUMBER -> assigned(ProjectAssignedToBoard.parseFrom(body));
            case Event.BOARD_ESTABLISHED_FIELD_NUMBER,
                    Event.BOARD_RENAMED_FIELD_NUMBER,
                    Event.BOARD_CLOSED_FIELD_NUMBER,
                    Event.PROJECT_CANCELLED_FIELD_NUMBER,
                    Event.PROJECT_CLOSED_FIELD_NUMBER,
                    Event.BASELINE_SET_FIELD_NUMBER,
                    Event.BENEFIT_WITHDRAWN_FIELD_NUMBER,
                    Event.CLAIM_QUERIED_FIELD_NUMBER,
                    Event.MEASURE_REDEFINED_FIELD_NUMBER,
                    Event.MEASURE_ASSIGNED_FIELD_NUMBER,
                    Event.MEASUREMENT_NOT_REPORTED_FIELD_NUMBER,
                    Event.PERIOD_OPENED_FIELD_NUMBER,
                    Event.PERIOD_CLOSED_FIELD_NUMBER,
                    Event.PUBLISHER_REGISTERED_FIELD_NUMBER,
                    Event.PUBLISHER_WITHDRAWN_FIELD_NUMBER -> {}
            default -> throw new IllegalStateException("an event of an unknown type: field " + type);
        }
    }

    private void assigned(ProjectAssignedToBoard event) {
        register.assign(event.getProjectId(),
                new Register.Assignment(Month.day(event.getEffectiveFrom()), event.getBoardId()));
    }

    private void registered(BenefitRegistered event) {
        register.addBenefit(event.getBenefitId(), new Register.Benefit(event.getProjectId(),
                event.getFinancialClassValue(), event.getSignValue(), event.getRecurrenceValue()));
    }

    private void defined(MeasureDefined event) {
        register.addMeasure(event.getMeasureId(), event.getUnitValue());
    }

    private void submitted(ClaimFields event) {
        Register.Benefit benefit = register.benefit(event.benefitId());
        int related = event.related();
        String board = register.boardOn(benefit.projectId(), Month.lastDay(related));
        long line = Cells.line(benefit.financialClass(), benefit.sign(), benefit.recurrence(), related);
        Claim submitted = new Claim(event.claimId(), board, line, event.pence());
        claims.submit(submitted);
        post(submitted, Cells.AWAITING, event.posted(), submitted.claimed);
    }

    private void validated(ClaimFields event) {
        Claim validated = claims.find(event.claimId());
        validated.validated = event.pence();
        claims.noteChange(validated);
        int posted = event.posted();
        post(validated, Cells.AWAITING, posted, Math.negateExact(validated.claimed));
        post(validated, Cells.VALIDATED, posted, validated.validated);
    }

    private void rejected(ClaimFields event) {
        Claim rejected = claims.find(event.claimId());
        post(rejected, Cells.AWAITING, event.posted(), Math.negateExact(rejected.claimed));
    }

    private void corrected(ClaimFields event) {
        Claim corrected = claims.find(event.claimId());
        corrected.validated = Math.addExact(corrected.validated, event.pence());
        claims.noteChange(corrected);
        post(corrected, Cells.VALIDATED, event.posted(), event.pence());
    }

    private void reversed(ClaimFields event) {
        Claim reversed = claims.find(event.claimId());
        post(reversed, Cells.VALIDATED, event.posted(), Math.negateExact(reversed.validated));
        reversed.validated = 0;
        claims.noteChange(reversed);
    }

    private void post(Claim of, int rung, int posted, long pence) {
        savings.post(of.board, Cells.savings(of.line, rung, posted), pence);
    }

    private void recorded(MeasurementRecorded event) {
        measurements.setCount(event.getMeasureId(), Month.parse(event.getPeriod()), new Measurements.Count(
                event.getNumerator(), event.getDenominator(), event.getPartial(), event.getDefinitionVersion()));
    }

    private void waits(WaitBandsRecorded event) {
        measurements.setWaits(event.getMeasureId(), Month.parse(event.getPeriod()), new Measurements.Waits(
                event.getCountsList(), event.getUnknownClockStarts(), event.getDefinitionVersion()));
    }

    private void corrected(MeasurementCorrected event) {
        int month = Month.parse(event.getPeriod());
        if (register.unit(event.getMeasureId()) == MeasureUnit.MEASURE_UNIT_WEEKLY_WAIT_BANDS_VALUE) {
            measurements.setWaits(event.getMeasureId(), month, new Measurements.Waits(
                    event.getCountsList(), event.getUnknownClockStarts(), event.getDefinitionVersion()));
        } else {
            // A correction is complete: nothing of it is partial.
            measurements.setCount(event.getMeasureId(), month, new Measurements.Count(
                    event.getNumerator(), event.getDenominator(), false, event.getDefinitionVersion()));
        }
    }
}
