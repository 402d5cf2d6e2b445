#!/usr/bin/env python3
"""Makes tables of what models.sh left: usage: models_report.py OUT GPU COMMIT JSONL. Markdown goes to standard output, a line per figure to JSONL."""
import json
import os
import sys


# What is asked of an H100: model, context, "ttft" or "tpot", limit and aim in milliseconds.
TARGETS = [
    ("mamba2-780m", 1024, "ttft", 15, 8), ("mamba2-780m", 8192, "ttft", 45, 20), ("mamba2-780m", 57344, "ttft", 220, 130), ("mamba2-780m", 220000, "ttft", 900, 500),
    ("mamba2-780m", 1024, "tpot", 1.8, 0.8), ("mamba2-780m", 57344, "tpot", 1.8, 0.8), ("mamba2-780m", 220000, "tpot", 1.8, 0.8),
    ("mamba-1.4b", 57344, "ttft", 400, 220), ("mamba-1.4b", 57344, "tpot", 2.6, 1.4),
    ("qwen2.5-0.5b", 1024, "ttft", 12, 6), ("qwen2.5-0.5b", 57344, "ttft", 500, 330), ("qwen2.5-0.5b", 131072, "ttft", 2100, 1400),
    ("qwen2.5-0.5b", 1024, "tpot", 1.6, 0.7), ("qwen2.5-0.5b", 32768, "tpot", 2.2, 1.0),
    ("falcon-h1-0.5b", 57344, "ttft", 400, 220), ("falcon-h1-0.5b", 57344, "tpot", 3, 1.5),
]


def rows(out, part):
    path = os.path.join(out, part + ".jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def median(metric):
    return None if metric is None else metric["median"]


def number(value, digits=3):
    return "-" if value is None else f"{value:.{digits}g}" if abs(value) < 100 else f"{value:,.0f}"


def gigabytes(value):
    return "-" if value is None else f"{value / 1e9:.2f} GB"


def table(head, body):
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for line in body:
        print("| " + " | ".join(str(cell) for cell in line) + " |")
    print()


def energy(row, phase):
    values = [e["gross_joules"] for run in row["runs"] for e in run["energy"] if e["phase"] == phase and e["gross_joules"] is not None]
    return values[0] if values else None


def uncertainty(row, phase):
    values = [e["uncertainty_joules"] for run in row["runs"] for e in run["energy"] if e["phase"] == phase and e["gross_joules"] is not None]
    return values[0] if values else None


def figures(row, gpu, commit):
    dims = f"{row['precision']} B{row['batch']} decode {row['decode']} chunk {row['chunk']}"
    values = {"ttft_median": (median(row["ttft_milliseconds"]), "ms"), "tpot_median": (median(row["tpot_milliseconds"]), "ms"), "state": (row["state_bytes"], "B")}
    if row["memory"]:
        for name in ("peak", "baseline", "activations"):
            values[name] = (row["memory"][name + "_bytes"], "B")
    for phase in ("prefill", "decode"):
        values[phase + "_energy"] = (energy(row, phase), "J")
    for time in row["device_times"]:
        values[time["phase"] + "_busy"] = (time["busy_milliseconds"], "ms")
    for share in row["operators"]:
        values[f"{share['phase']}_share_{share['class']}"] = (share["share"], "ratio")
    for metric, (value, unit) in values.items():
        if value is not None:
            yield {"kind": "model", "model": row["model"], "dims": dims, "length": row["context"], "metric": metric, "value": value, "unit": unit, "gpu": gpu, "commit": commit}


def shares(context, phase):
    classes = ["ssm_scan", "causal_conv", "attention", "gemm", "lm_head", "normalization", "activation", "elementwise", "memory", "embedding", "sampling", "other"]
    body = []
    for row in context:
        by = {share["class"]: share["share"] for share in row["operators"] if share["phase"] == phase}
        time = next((t for t in row["device_times"] if t["phase"] == phase), None)
        if time:
            body.append([row["model"], f"{row['context']:,}", number(time["busy_milliseconds"]), number(time["gap_milliseconds"], 2)]
                        + [f"{100 * by[name]:.1f}" if name in by else "-" for name in classes])
    table(["model", "context", "GPU busy, ms", "gap, ms"] + classes, body)


def targets(context):
    body = []
    for model, length, metric, limit, aim in TARGETS:
        row = next((r for r in context if r["model"] == model and r["context"] == length), None)
        value = row and median(row[metric + "_milliseconds"])
        verdict = lambda bound: "-" if value is None else "reached" if value <= bound else "**not reached**"
        body.append([f"{model}, {metric.upper()} {'at' if metric == 'ttft' else 'behind'} {length:,}", number(value, 4 if metric == "ttft" else 3) + " ms",
                     f"{limit:,} ms, {verdict(limit)}", f"{aim:,} ms, {verdict(aim)}"])
    table(["what", "measured", "must (of an H100)", "aim"], body)


def main(out, gpu, commit, path):
    context = [row for row in rows(out, "context") if row["outcome"] == "completed"]
    targets(context)
    print("## Times over context length\n")
    table(["model", "context", "TTFT, ms", "TPOT, ms", "peak", "activations", "state", "prefill J (±)", "mJ per prompt token", "decode J per token", "findings"],
          [[row["model"], f"{row['context']:,}", number(median(row["ttft_milliseconds"]), 4), number(median(row["tpot_milliseconds"]), 3),
            gigabytes(row["memory"]["peak_bytes"]) if row["memory"] else "-", gigabytes(row["memory"]["activations_bytes"]) if row["memory"] else "-", gigabytes(row["state_bytes"]),
            f"{number(energy(row, 'prefill'))} ({number(uncertainty(row, 'prefill'), 2)})",
            number(None if energy(row, "prefill") is None else 1e3 * energy(row, "prefill") / row["context"]),
            number(None if energy(row, "decode") is None else energy(row, "decode") / (row["decode"] - 1)),
            " ".join(f for f in row["findings"] if f not in ("random_weights", "clocks_not_pinned", "machine_noisy"))] for row in context])
    print("## Operator shares of prefill, %\n")
    shares(context, "prefill")
    print("## Operator shares of a decode step, %\n")
    shares(context, "decode")
    print("## Kernels that no class is known for\n")
    others = sorted({t["operator"] for row in context for t in row["operator_types"] if t["class"] == "other"})
    print(", ".join(others) if others else "None.")
    for part, title in (("logits", "Logits of every position"), ("chunk", "Chunked prefill"), ("int4", "int4 weights"), ("batch", "Batch of 4"), ("few12", "12 % of the multiprocessors"), ("few6", "6 % of the multiprocessors")):
        print(f"\n## {title}\n")
        table(["model", "context", "batch", "chunk", "outcome", "TTFT, ms", "TPOT, ms", "peak", "activations"],
              [[row["model"], f"{row['context']:,}", row["batch"], row["chunk"], row["outcome"], number(median(row["ttft_milliseconds"]), 4), number(median(row["tpot_milliseconds"])),
                gigabytes(row["memory"]["peak_bytes"]) if row["memory"] else "-", gigabytes(row["memory"]["activations_bytes"]) if row["memory"] else "-"] for row in rows(out, part)])
    for part, title in (("small", "Small SSMs"),):
        print(f"## {title}: operator shares of prefill and of a step, %\n")
        shares(rows(out, part), "prefill")
        shares(rows(out, part), "decode")
    print("## Graph against plain steps: hash of 513 tokens behind 256\n")
    plain = {row["model"]: row for row in rows(out, "graph1")}
    table(["model", "graph", "plain", "equal", "TPOT graph, ms", "TPOT plain, ms"],
          [[row["model"], row["runs"][0]["token_hash"], plain[row["model"]]["runs"][0]["token_hash"], row["runs"][0]["token_hash"] == plain[row["model"]]["runs"][0]["token_hash"],
            number(median(row["tpot_milliseconds"])), number(median(plain[row["model"]]["tpot_milliseconds"]))] for row in rows(out, "graph0") if row["model"] in plain])
    print("## Frontier\n")
    body = []
    for budget in (24, 8):
        tried = {}
        for row in rows(out, f"frontier{budget}"):
            tried.setdefault(row["model"], []).append((row["context"], row["outcome"]))
        for model, steps in tried.items():
            fits = max((c for c, o in steps if o == "completed"), default=0)
            fails = min((c for c, o in steps if o != "completed" and c > fits), default=None)
            body.append([f"{budget} GiB", model, f"{fits:,}", f"{fails:,}" if fails else "-", sorted({o for _, o in steps}), len(steps)])
    table(["budget", "model", "longest that completed", "shortest that did not", "outcomes", "runs"], body)
    print("## Parity: max |error| / logit deviation\n")
    worst = {}
    for row in rows(out, "parity"):
        worst.setdefault((row["fixture"], row["precision"]), []).append(row)

    def parity(found):
        errors = [row["result"]["max_error_over_std"] for row in found if row["result"]]
        refused = [row["way"] or "prefill alone" for row in found if not row["result"]]
        return (f"{max(errors):.2g}" if errors else "-") + (f" (not {', '.join(refused)})" if refused else "")

    table(["fixture", "fp32", "fp16", "bf16"], [[name] + [parity(worst.get((name, p), [])) for p in ("fp32", "fp16", "bf16")] for name in dict.fromkeys(name for name, _ in worst)])
    with open(path, "w", encoding="utf-8") as lines:
        for part in ("context", "small", "logits", "chunk", "int4", "batch"):
            for row in rows(out, part):
                for figure in figures(row, gpu, commit):
                    lines.write(json.dumps(figure) + "\n")
        for share in (12, 6):
            for row in rows(out, f"few{share}"):
                for figure in figures(row, f"{gpu}, {share} % of its multiprocessors", commit):
                    lines.write(json.dumps(figure) + "\n")
        for budget in (24, 8):
            for row in rows(out, f"frontier{budget}"):
                lines.write(json.dumps({"kind": "model", "model": row["model"], "dims": f"fp16 B1 budget {budget} GiB", "length": row["context"], "metric": "frontier_completed",
                                        "value": int(row["outcome"] == "completed"), "unit": "boolean", "gpu": gpu, "commit": commit}) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
