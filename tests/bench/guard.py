#!/usr/bin/env python3
"""Counts the instructions of realise_guard's pieces of work, and compares them with what is recorded.

Usage: guard.py PROGRAM RATIOS [--record]

A row's number is how many times the instructions of parsing one event its work takes, for one event or one question.  It fails when
a row takes half as much again as RATIOS, a file of "row number" lines, says: its rate then fell by a third.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

COSTLIER_MAX = 1.5


def measure(program: str) -> dict[str, float]:
    """Instructions of each row, for one time."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={folder}/out", program],
            check=True, capture_output=True, text=True)
        times = {row: int(count) for row, count in (line.split() for line in ran.stdout.splitlines())}
        counted = {}
        for dump in pathlib.Path(folder).glob("out.*"):
            text = dump.read_text()
            row = re.search(r"^desc: Trigger: Client Request: (\w+)$", text, re.MULTILINE)
            total = re.search(r"^(?:summary|totals): (\d+)$", text, re.MULTILINE)
            if row and total:
                counted[row[1]] = int(total[1]) / times[row[1]]
        if counted.keys() != times.keys():
            sys.exit(f"valgrind counted {sorted(counted)}, the program did {sorted(times)}")
        return counted


def main() -> None:
    record = sys.argv[3:] == ["--record"]
    if len(sys.argv) != 3 and not record:
        sys.exit(__doc__)
    counted = measure(sys.argv[1])
    floor = counted.pop("parse")
    ratios = {row: counted[row] / floor for row in sorted(counted)}
    path = pathlib.Path(sys.argv[2])
    if record:
        path.write_text("".join(f"{row} {ratio:.1f}\n" for row, ratio in ratios.items()))
    recorded = {row: float(ratio) for row, ratio in (line.split() for line in path.read_text().splitlines())}
    if recorded.keys() != ratios.keys():
        sys.exit(f"{path} has the rows {sorted(recorded)}, measured were {sorted(ratios)}: record it anew")
    print(f"parsing an event takes {floor:,.0f} instructions")
    print(f"{'row':<14} {'x parse':>10} {'recorded':>10} {'now':>6}")
    costlier = []
    for row, ratio in ratios.items():
        change = ratio / recorded[row]
        print(f"{row:<14} {ratio:>10.1f} {recorded[row]:>10.1f} {change:>5.2f}x")
        if change > COSTLIER_MAX:
            costlier.append(row)
    if costlier:
        sys.exit(f"FAILED: {', '.join(costlier)}: more than {COSTLIER_MAX} times the instructions recorded in {path.name}; "
                 "mend it, or record it anew and say why in the commit")


main()
