#!/usr/bin/env python3
"""Tables of docs/reports/repeatability.md from the JSON Lines that repeatability.sh wrote."""
import json
import statistics
import sys


def rows(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def cv(values):
    return statistics.stdev(values) / statistics.mean(values) if len(values) > 1 else float("nan")


def tpot(run):
    return statistics.median(run["tpot_nanoseconds"]) / 1e6


def describe(name, path):
    runs = [run for row in rows(path) for run in row["runs"] if run["outcome"] == "completed"]
    within = [cv(run["tpot_nanoseconds"]) for run in runs if len(run["tpot_nanoseconds"]) > 1]
    reference = [run["reference_variation"] for run in runs if run["reference_variation"] is not None]
    noisy = sum(any(code in run["findings"] for code in ("machine_noisy", "noisier_than_machine", "other_load")) for run in runs)
    times = [tpot(run) for run in runs]
    print(f"| {name} | {len(runs)} | {statistics.median(times):.3f} | {cv(times):.1%} | {statistics.median(within):.1%} | {statistics.median(reference):.1%} | {noisy} |")
    for index, run in enumerate(runs):
        own = cv(run["tpot_nanoseconds"])
        allowed = own <= run["reference_variation"] + 0.01
        flagged = any(code in run["findings"] for code in ("machine_noisy", "noisier_than_machine"))
        print(f"    run {index}: TPOT {tpot(run):.3f} ms, CV {own:.1%}, reference {run['reference_variation']:.1%}, within reference + 1 pp: {allowed}, flagged: {flagged}: {' '.join(run['findings'])}", file=sys.stderr)
        if not allowed and not flagged:
            sys.exit("a run varied more than the reference by over one percentage point and carries no finding")


def pairs(on, off):
    a = [tpot(run) for row in rows(on) for run in row["runs"]]
    b = [tpot(run) for row in rows(off) for run in row["runs"]]
    ratios = [x / y for x, y in zip(a, b)]
    mean, error = statistics.mean(ratios), statistics.stdev(ratios) / len(ratios) ** 0.5
    print(f"{len(ratios)} pairs: TPOT with sampling over without, mean {mean:.4f}, standard error {error:.4f}, upper one-sided 95 % bound {mean + 1.645 * error:.4f}")


if __name__ == "__main__":
    directory = sys.argv[1]
    print("| condition | runs | TPOT ms, median | CV between runs | CV within a run, median | CV of the reference, median | runs with a noise finding |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    describe("quiet", f"{directory}/quiet.jsonl")
    describe("noisy neighbour", f"{directory}/noisy.jsonl")
    pairs(f"{directory}/sampled.jsonl", f"{directory}/unsampled.jsonl")
