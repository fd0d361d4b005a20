#!/usr/bin/env python3
"""Prints what tests/bench/peers/run measured as one Markdown table.

Usage: peer_table.py RESULTS EMBEDDED KAFKA.  RESULTS has one line for each measurement: its label and, behind a tab, the line that
was printed ("postgresql append events=1000000 seconds=9.1 ...").  EMBEDDED and KAFKA
are what realise_load printed, each time, beside PostgreSQL and beside Kafka Streams.
"""

import re
import statistics
import sys

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "M/s": 1e6, "K/s": 1e3, "/s": 1.0}
# Rows of realise_load, by their first column up to here.
BULK = {"embedded": "bulk append over gRPC, decided, embedded log", "kafka": "bulk append over gRPC, decided, Kafka"}
SINGLE = {"embedded": "single append, embedded log, {}", "kafka": "single append, Kafka, {}"}
VISIBLE = {"embedded": "append acknowledged to visible in a query, embedded log",
           "kafka": "append acknowledged to visible in a query, Kafka"}
LATEST = "savings of a board, 240 cells, latest"
PAST = "savings of a board, 240 cells, as at the middle of the ledger"


def read_results(path):
    """Label to the fields of each line under it."""
    results = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            label, _, printed = line.rstrip("\n").partition("\t")
            results.setdefault(label, []).append(dict(re.findall(r"(\w+)=([\d.]+)", printed)))
    return results


def read_load(path):
    """First column to the third columns of every row that begins so."""
    load = {}
    with open(path, encoding="utf-8") as file:
        for row in ([cell.strip() for cell in line.split("|")] for line in file if line.startswith("| ")):
            if len(row) > 4:
                load.setdefault(row[1], []).append(row[3])
    return load


def of_load(load, begin, pattern):
    """The median of a number of the rows that begin so, in seconds or a second."""
    found = [re.search(pattern + r"([\d.]+) (us|ms|s|M/s|K/s|/s)(?=$|[,;])", measured)
             for what, each in load.items() if what.startswith(begin) for measured in each]
    if not found or None in found:
        sys.exit(f"peer_table: realise_load printed no row \"{begin}\" with {pattern}")
    return statistics.median(float(number.group(1)) * UNITS[number.group(2)] for number in found)


def median(results, label, field):
    if label not in results:
        sys.exit(f"peer_table: {label} was not measured")
    return statistics.median(float(line[field]) for line in results[label])


def rate(results, label):
    return statistics.median(float(line["events"]) / float(line["seconds"]) for line in results[label])


def show_rate(value):
    for unit, least, digits in (("M/s", 1e6, 2), ("K/s", 1e4, 0), ("K/s", 1e3, 1), ("/s", 0, 0)):
        if value >= least:
            return f"{value / UNITS[unit]:.{digits}f} {unit}"
    raise ValueError(value)


def show_time(value):
    for unit, least, digits in (("s", 1, 2), ("ms", 1e-2, 0), ("ms", 1e-3, 1), ("us", 1e-4, 0), ("us", 0, 1)):
        if value >= least:
            return f"{value / UNITS[unit]:.{digits}f} {unit}"
    raise ValueError(value)


class Table:
    def __init__(self):
        self.lines = ["| what | Realise | PostgreSQL | Kafka Streams | Realise is as fast as |", "|---|---|---|---|---|"]

    def _add(self, what, shown, ratios):
        postgresql, streams = (f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2g}" for ratio in ratios)
        times = f"{postgresql} x PostgreSQL, {streams} x Kafka Streams"
        self.lines.append(f"| {what} | {' | '.join(shown)} | {times} |")

    def add_rates(self, what, ours, postgresql, streams):
        self._add(what, [show_rate(value) for value in (ours, postgresql, streams)], (ours / postgresql, ours / streams))

    def add_times(self, what, ours, postgresql, streams):
        self._add(what, [show_time(value) for value in (ours, postgresql, streams)], (postgresql / ours, streams / ours))


def main(results_path, embedded_path, kafka_path):
    results = read_results(results_path)
    loads = {"embedded": read_load(embedded_path), "kafka": read_load(kafka_path)}
    table = Table()
    for label, name in (("realise.replay", "embedded log"), ("realise.replay_kafka", "Kafka")):
        table.add_rates(f"replay, Realise from {name}", rate(results, label), rate(results, "postgresql.rebuild"),
                        rate(results, "kafka_streams.replay"))
    appends = max(rate(results, "postgresql.append.1"), rate(results, "postgresql.append.2"))
    for log, name in (("embedded", "embedded log"), ("kafka", "Kafka")):
        table.add_rates(f"append and fold in bulk, Realise on {name}", of_load(loads[log], BULK[log], "folded "), appends,
                        rate(results, "kafka_streams.append"))
    for log, name in (("embedded", "embedded log"), ("kafka", "Kafka")):
        table.add_times(f"single append, 1 caller, p50, Realise on {name}",
                        of_load(loads[log], SINGLE[log].format("1 caller"), "p50 "),
                        median(results, "postgresql.single.1", "p50_us") / 1e6,
                        median(results, "kafka_streams.single.1", "ack_p50_us") / 1e6)
    # A transaction of PostgreSQL has folded what it appended.
    for log, name in (("embedded", "embedded log"), ("kafka", "Kafka")):
        table.add_times(f"single append until a query sees it, 1 caller, p50, Realise on {name}",
                        of_load(loads[log], SINGLE[log].format("1 caller"), "p50 ") + of_load(loads[log], VISIBLE[log], "p50 "),
                        median(results, "postgresql.single.1", "p50_us") / 1e6,
                        median(results, "kafka_streams.single.1", "folded_p50_us") / 1e6)
    for log, name in (("embedded", "embedded log"), ("kafka", "Kafka")):
        table.add_rates(f"single appends, 16 callers, Realise on {name}",
                        of_load(loads[log], SINGLE[log].format("16 callers"), "; "), rate(results, "postgresql.single.16"),
                        rate(results, "kafka_streams.single.16"))
    table.add_times("savings of a board, 240 cells, latest, p50", of_load(loads["embedded"], LATEST, "p50 "),
                    median(results, "postgresql.query", "p50_us") / 1e6,
                    median(results, "kafka_streams.query", "p50_us") / 1e6)
    table.add_times("the same as at the middle of the ledger", of_load(loads["embedded"], PAST, "p50 "),
                    median(results, "postgresql.past", "seconds"), median(results, "kafka_streams.past", "seconds"))
    print("\n".join(table.lines))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
