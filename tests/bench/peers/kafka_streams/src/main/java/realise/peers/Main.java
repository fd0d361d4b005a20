package realise.peers;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;

/** The modes; see Options.USAGE. */
public final class Main {
    private static final Duration FOLD_MAX = Duration.ofHours(1);
    private static final int QUERY_CALLS = 20_000;

    private Main() {}

    public static void main(String[] arguments) throws Exception {
        Options options;
        try {
            options = Options.parse(List.of(arguments));
            run(options);
        } catch (IllegalArgumentException wrong) {
            System.err.println("kafka_streams: " + wrong.getMessage() + "\n" + Options.USAGE);
            System.exit(2);
        } catch (Exception failed) {
            failed.printStackTrace();
            System.exit(1);
        }
        System.exit(0);
    }

    private static void run(Options options) throws Exception {
        switch (options.mode()) {
            case "replay", "answers", "query" -> replay(options);
            case "append" -> Appends.inBulk(options);
            case "append-single" -> Appends.oneByOne(options);
            default -> throw new IllegalArgumentException("no such mode");
        }
    }

    private static void replay(Options options) throws Exception {
        String topic = options.need("--topic");
        long last = Ledgers.lastOffset(options.brokers(), topic);
        try (FoldRun run = new FoldRun(options.brokers(), topic, options.asAt())) {
            run.start();
            run.progress().await(last, FOLD_MAX);
            say("replay", run, String.format("thread_cpu_seconds=%.3f process_cpu_seconds=%.3f",
                    run.progress().threadCpuSeconds(), cpuSeconds()));
            if (options.mode().equals("answers")) {
                AnswersFile.write(run, options.path("--out"));
            } else if (options.mode().equals("query")) {
                query(run, options.board(), options.calls(QUERY_CALLS));
            }
        }
    }

    static void say(String what, FoldRun run, String more) {
        System.out.printf("kafka_streams %s events=%d seconds=%.3f %s%n",
                what, run.progress().events(), run.progress().seconds(), more);
    }

    // A board's row, and every cell of it looked at.
    private static void query(FoldRun run, String board, int calls) {
        var store = run.store(FoldTopology.SAVINGS);
        long cells = 0;
        long sum = 0;
        Times times = new Times(calls);
        for (int i = -calls; i < calls; i++) {
            long begin = System.nanoTime();
            byte[] row = store.get(board);
            for (int cell = 0; cell < CellRow.size(row); cell++) {
                sum += CellRow.balance(row, cell);
            }
            if (i >= 0) {
                times.add(System.nanoTime() - begin);
            }
            cells = CellRow.size(row);
        }
        say("query", run, String.format("%s cells=%d checksum=%d", times.show(""), cells, sum));
    }

    // Of this process: the JVM with its compilers, but not the broker.
    private static double cpuSeconds() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }
}
