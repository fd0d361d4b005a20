package realise.peers;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The command line: a mode, and options with one value each. */
record Options(String mode, Map<String, String> values) {
    private static final Set<String> MODES = Set.of("replay", "answers", "append", "append-single", "query");
    private static final Set<String> NAMES =
            Set.of("--brokers", "--topic", "--backup", "--as-at", "--out", "--board", "--calls", "--window");
    static final String USAGE = """
            Usage: kafka_streams --brokers LIST MODE
              replay --topic T [--as-at SEQ]              folds the ledger in a topic until caught up
              answers --topic T --out FILE [--as-at SEQ]  the same, and writes the balances
              append --backup FILE                        sends a ledger into a new topic and folds it meanwhile
              append-single --backup FILE [--calls N] [--window W]  half the ledger, then N events one by one, W under way
              query --topic T [--board B] [--calls N]     folds, and then reads a board's row again and again
            Each prints a line: kafka_streams MODE events=N seconds=S ...""";

    /** Throws IllegalArgumentException with what is wrong. */
    static Options parse(List<String> arguments) {
        String mode = null;
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (MODES.contains(argument) && mode == null) {
                mode = argument;
            } else if (NAMES.contains(argument) && i + 1 < arguments.size()) {
                values.put(argument, arguments.get(++i));
            } else {
                throw new IllegalArgumentException("what is " + argument + "?");
            }
        }
        if (mode == null) {
            throw new IllegalArgumentException("no mode");
        }
        return new Options(mode, values);
    }

    String need(String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    String brokers() {
        return need("--brokers");
    }

    Path path(String name) {
        return Path.of(need(name));
    }

    long asAt() {
        return Long.parseLong(values.getOrDefault("--as-at", Long.toString(Long.MAX_VALUE)));
    }

    int calls(int otherwise) {
        return Integer.parseInt(values.getOrDefault("--calls", Integer.toString(otherwise)));
    }

    /** How many single appends are under way at once. */
    int window() {
        return Integer.parseInt(values.getOrDefault("--window", "1"));
    }

    String board() {
        return values.getOrDefault("--board", "board-0");
    }
}
