#!/usr/bin/env python3
"""Tables of report.md from the JSON Lines that repeatability.sh wrote: summarise.py DIRECTORY.

The rule, computed here again from the raw rounds of the reference (docs/measurement.md, noise reference): the CV of a run's TPOT over iterations, and over spans, is at most the CV of the reference over
spans as long plus a percentage point, and the CV between runs at most that of the reference between runs plus one; else the runs concerned carry `machine_noisy` or `noisier_than_machine`. With the
neighbour every run carries a finding of noise or load. Fails otherwise.
"""
import json
import pathlib
import statistics
import sys

NOISE = ("machine_noisy", "noisier_than_machine")
LOAD = NOISE + ("other_load",)
EXCESS = 0.01
SPANS_OF_SIDE = 4


def cv(values):
    return statistics.stdev(values) / statistics.mean(values)


def tpot(run):
    return statistics.median(run["tpot_nanoseconds"]) / 1e6


def sides(run):
    return run["noise"]["before_nanoseconds"], run["noise"]["after_nanoseconds"]


def reference(run, decode):
    """CV of the means of consecutive rounds that last as long as an iteration's decode, or a quarter of the shorter side."""
    span = min(statistics.mean(run["tpot_nanoseconds"]) * (decode - 1), min(map(sum, sides(run))) / SPANS_OF_SIDE)
    means = []
    for side in sides(run):
        count = min(max(round(span / statistics.mean(side)), 1), len(side))
        means += [statistics.mean(side[at:at + count]) for at in range(0, len(side) - count + 1, count)]
    return span, cv(means)


def describe(name, path, neighbour):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    runs = [(run, row["decode"]) for row in rows for run in row["runs"] if run["outcome"] == "completed"]
    failures = []
    print(f"\n### {name}\n")
    print("| run | iterations | TPOT, ms | CV of iterations | CV of spans | CV of the reference's spans | its rounds | span, ms | within | findings |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|---|---|")
    for index, (run, decode) in enumerate(runs):
        iterations, spans = cv(run["tpot_nanoseconds"]), run["noise"]["span_variation"]
        span, allowed = reference(run, decode)
        within = max(iterations, spans) <= allowed + EXCESS
        flags = [code for code in run["findings"] if code in LOAD]
        if not within and not set(flags) & set(NOISE):
            failures.append(f"{name}, run {index}: varied more than the reference by over a percentage point and carries no finding of noise")
        if neighbour and not flags:
            failures.append(f"{name}, run {index}: carries no finding")
        print(f"| {index} | {len(run['tpot_nanoseconds'])} | {tpot(run):.3f} | {iterations:.1%} | {spans:.1%} | {allowed:.1%} | {run['reference_variation']:.1%} | {span / 1e6:.0f} "
              f"| {'yes' if within else 'no'} | {' '.join(sorted(set(flags)))} |")
    between = cv([tpot(run) for run, _ in runs])
    beside = cv([statistics.median(sides(run)[0] + sides(run)[1]) for run, _ in runs])
    noisy = [bool(set(run["findings"]) & set(NOISE)) for run, _ in runs]
    flagged = sum(bool(set(run["findings"]) & set(LOAD)) for run, _ in runs)
    print(f"\n{len(runs)} runs: median TPOT {statistics.median(tpot(run) for run, _ in runs):.3f} ms. CV between runs {between:.1%}, of the reference between runs {beside:.1%}: "
          f"{'within a percentage point' if between <= beside + EXCESS else 'more than a percentage point above'}. {sum(noisy)} runs carry a finding of noise, {flagged} one of noise or load.")
    if between > beside + EXCESS and not all(noisy):
        failures.append(f"{name}: the runs varied more than the reference by over a percentage point and not all carry a finding of noise")
    return failures


if __name__ == "__main__":
    directory = pathlib.Path(sys.argv[1])
    parts = (("Without a neighbour started on purpose", "quiet.jsonl", False), ("With a noisy neighbour", "noisy.jsonl", True))
    problems = [problem for name, file, neighbour in parts if (directory / file).exists() for problem in describe(name, directory / file, neighbour)]
    if problems:
        sys.exit("\n".join(problems))
