#!/usr/bin/env python3
"""What reading the sensors costs: sampling_cost.py FILE... of `EdgeFleet.Harness.Bench sampling`, which are pooled. Fails where a bound is above one percent.

Fixed before the measurement: of each group the logarithm of the sampled block's time per token over the geometric mean of the two blocks without sampling. Of these
  - the mean without the tenth at either end, with its standard error from the winsorised variance (Tukey and McLaughlin, Sankhya A 25, 1963);
  - the median, with the order statistic that lies above it with 95 % whatever the distribution.
The one-sided upper 95 % bound of each is to be 1 % at most. The same of the second unsampled block over the first, where the truth is 0, shows what the experiment can tell.
"""
import json
import math
import statistics
import sys

TRIM = 0.1
BOUND = 0.01


def trimmed(values):
    ordered, cut = sorted(values), int(TRIM * len(values))
    kept = ordered[cut:len(ordered) - cut]
    winsorised = [kept[0]] * cut + kept + [kept[-1]] * cut
    error = statistics.stdev(winsorised) / ((1 - 2 * TRIM) * math.sqrt(len(values)))
    return statistics.mean(kept), error, statistics.mean(kept) + 1.645 * error


def median(values):
    # The k-th smallest lies above the median unless k or more of n fall below it: P(Bin(n, 1/2) >= k) <= 5 %.
    count, order, below = len(values), 0, 0.0
    while below < 0.95 and order < count:
        below += math.exp(math.lgamma(count + 1) - math.lgamma(order + 1) - math.lgamma(count - order + 1) - count * math.log(2))
        order += 1
    return statistics.median(values), sorted(values)[order - 1], order


def row(name, values):
    mean, error, upper = trimmed(values)
    middle, bound, order = median(values)
    print(f"| {name} | {len(values)} | {statistics.stdev(values):.1%} | {mean:+.2%} ± {error:.2%} | {upper:+.2%} | {middle:+.2%} | {bound:+.2%} ({order}) |")
    return max(upper, bound)


if __name__ == "__main__":
    lines = [json.loads(line) for path in sys.argv[1:] for line in open(path, encoding="utf-8") if line.strip()]
    described = [line for line in lines if "model" in line]
    settings = {tuple(line[key] for key in ("model", "precision", "threads", "steps", "sensors", "period_ms", "placement")) for line in described}
    if len(settings) != 1:
        sys.exit(f"The files hold {len(settings)} settings; one is expected: {settings}")
    groups = [line for line in lines if "sampled" in line]
    first = described[0]
    print(f"{first['model']}, {first['precision']}, {first['threads']} threads; blocks of {first['steps']} tokens; {first['sensors']} sensors every {first['period_ms']} ms, "
          f"{statistics.mean(line['busy'] for line in described):.2%} of the time spent reading; placement: {first['placement']}.")
    print(f"Time per token, median of the blocks: sampled {statistics.median(group['sampled'] for group in groups):.1f} us, not sampled "
          f"{statistics.median([group['unsampled'] for group in groups] + [group['again'] for group in groups]):.1f} us.\n")
    print("| | groups | spread (SD) | trimmed mean ± SE | its upper 95 % bound | median | its upper 95 % bound (order statistic) |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    worst = row("sampled over not sampled", [math.log(g["sampled"]) - (math.log(g["unsampled"]) + math.log(g["again"])) / 2 for g in groups])
    row("control: not sampled over not sampled", [math.log(g["again"] / g["unsampled"]) for g in groups])
    if worst > BOUND:
        sys.exit(f"A bound is {worst:.2%}, above {BOUND:.0%}.")
