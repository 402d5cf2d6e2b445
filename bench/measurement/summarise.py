#!/usr/bin/env python3
"""Tables of report.md from the JSON Lines that repeatability.sh wrote: summarise.py DIRECTORY. Fails where a run that varied too much carries no finding."""
import json
import math
import pathlib
import statistics
import sys

NOISE = ("machine_noisy", "noisier_than_machine")
LOAD = NOISE + ("other_load",)
EXCESS = 0.01


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def cv(values):
    return statistics.stdev(values) / statistics.mean(values)


def tpot(run):
    return statistics.median(run["tpot_nanoseconds"]) / 1e6


def describe(name, path):
    runs = [run for row in rows(path) for run in row["runs"] if run["outcome"] == "completed"]
    failures = []
    print(f"\n{name}\n")
    print("| run | iterations | TPOT, ms | CV within | CV of the reference | allowed | findings |")
    print("|--:|--:|--:|--:|--:|---|---|")
    for index, run in enumerate(runs):
        own, reference = cv(run["tpot_nanoseconds"]), run["reference_variation"]
        within = own <= reference + EXCESS
        flags = [code for code in run["findings"] if code in LOAD]
        if not within and not any(code in NOISE for code in flags):
            failures.append(f"{name}, run {index}: varied more than the reference by over a percentage point and carries no finding")
        print(f"| {index} | {len(run['tpot_nanoseconds'])} | {tpot(run):.3f} | {own:.1%} | {reference:.1%} | {'yes' if within else 'no'} | {' '.join(flags)} |")
    between = cv([tpot(run) for run in runs])
    reference = statistics.median(run["reference_variation"] for run in runs)
    flagged = sum(any(code in run["findings"] for code in LOAD) for run in runs)
    print(f"\n{len(runs)} runs: median TPOT {statistics.median(map(tpot, runs)):.3f} ms, CV between runs {between:.1%}, median CV within a run "
          f"{statistics.median(cv(run['tpot_nanoseconds']) for run in runs):.1%}, median CV of the reference {reference:.1%}; {flagged} of {len(runs)} runs carry a finding of noise or load.")
    if between > reference + EXCESS and not all(any(code in run["findings"] for code in NOISE) for run in runs):
        failures.append(f"{name}: the runs varied more than the reference by over a percentage point and not all carry a finding")
    return failures


def pairs(on, off):
    ratios = [tpot(a) / tpot(b) for a, b in zip((run for row in rows(on) for run in row["runs"]), (run for row in rows(off) for run in row["runs"]))]
    # Distribution-free: the k-th smallest lies above the median with probability P(Bin(n, 1/2) < k).
    count, order, below = len(ratios), 0, 0.0
    while below < 0.95 and order < count:
        below += math.comb(count, order) / 2**count
        order += 1
    mean, error = statistics.mean(ratios), statistics.stdev(ratios) / len(ratios) ** 0.5
    print(f"\n{len(ratios)} pairs: TPOT with sampling over TPOT without: median {statistics.median(ratios):.4f}, mean {mean:.4f}, standard error {error:.4f}; "
          f"one-sided upper 95 % bounds: of the mean {mean + 1.645 * error:.4f}, of the median {sorted(ratios)[order - 1]:.4f} (order statistic {order} of {count}).")


if __name__ == "__main__":
    directory = pathlib.Path(sys.argv[1])
    problems = describe("Quiet", directory / "quiet.jsonl") + describe("Noisy neighbour", directory / "noisy.jsonl")
    pairs(directory / "sampled.jsonl", directory / "unsampled.jsonl")
    if problems:
        sys.exit("\n".join(problems))
