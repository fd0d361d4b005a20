package realise.peers;

import java.time.LocalDate;
import java.time.YearMonth;

/** Months of the financial year as month indices: financial year x 12 + month - 1, as libs/base/calendar.h has them. */
final class Month {
    private static final int LENGTH = "2024/25-M03".length();
    private static final int FIRST = 1900 * 12;
    private static final long[] LAST_DAYS = new long[300 * 12];

    static {
        for (int i = 0; i < LAST_DAYS.length; i++) {
            LAST_DAYS[i] = calendarMonth(FIRST + i).atEndOfMonth().toEpochDay();
        }
    }

    private Month() {}

    /** The index of "2024/25-M03". */
    static int parse(String text) {
        if (text.length() != LENGTH || text.charAt(4) != '/' || text.charAt(8) != 'M') {
            throw new IllegalArgumentException("no month: " + text);
        }
        int year = number(text, 0, 4);
        int month = number(text, 9, LENGTH);
        if (month < 1 || month > 12) {
            throw new IllegalArgumentException("no month: " + text);
        }
        return year * 12 + month - 1;
    }

    /** Its last day, in days since 1970-01-01. */
    static long lastDay(int index) {
        return LAST_DAYS[index - FIRST];
    }

    /** A date, "2024-06-30", in days since 1970-01-01. */
    static long day(String date) {
        return LocalDate.parse(date).toEpochDay();
    }

    private static YearMonth calendarMonth(int index) {
        int year = index / 12;
        int month = index % 12 + 1;
        return month <= 9 ? YearMonth.of(year, month + 3) : YearMonth.of(year + 1, month - 9);
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new IllegalArgumentException("no month: " + text);
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
