package realise.peers;

/** Cells of accounts, packed as libs/postings/postings.h packs them. */
final class Cells {
    static final int AWAITING = 1;
    static final int VALIDATED = 2;

    static final int NUMERATOR = 1;
    static final int DENOMINATOR = 2;
    static final int REPORTED = 3;
    static final int PARTIAL = 4;
    static final int VERSION = 5;

    static final int BANDS = 105;
    static final int BAND_UNKNOWN_CLOCK_STARTS = 105;
    static final int BAND_REPORTED = 106;
    static final int BAND_VERSION = 107;

    private Cells() {}

    /** A savings cell without its rung and posted month. */
    static long line(int financialClass, int sign, int recurrence, int related) {
        return (long) financialClass << 44 | (long) sign << 40 | (long) recurrence << 36 | related;
    }

    static long savings(long line, int rung, int posted) {
        return line | (long) rung << 32 | (long) posted << 16;
    }

    static long count(int kind, int month) {
        return (long) month << 8 | kind;
    }
}
