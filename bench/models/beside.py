#!/usr/bin/env python3
"""EdgeFleet and llama.cpp side by side on this machine: one process of each in turn, for each cell and round.

usage: beside.py measure LLAMA_BENCH GGUF_DIRECTORY OUT.jsonl MODEL PRECISION ROUNDS [CELL...]
       beside.py table OUT.jsonl

MODEL is a catalogue name, PRECISION int4 (beside GGUF_DIRECTORY/MODEL-q4_0.gguf) or fp32 (beside MODEL-f32.gguf). Cells: pp512, pp2048 (prefill),
tg64, tg64@2048 (64 tokens, the second behind 2,048 tokens in the state); all by default. Both warm up once and time once in a process of
2 threads. EDGEFLEET_AGENT names the agent's program; by default the clone's own is built and run. What each tool's rate means is in docs/measurement.md, "Other tools". OUT is appended to, so that a long table can be made in pieces.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys

THREADS = "2"
AGENT = os.environ.get("EDGEFLEET_AGENT") or pathlib.Path(__file__).resolve().parents[2] / "edgefleet-agent"
CELLS = {
    "pp512": (["--context", "512", "--decode", "0"], ["-p", "512", "-n", "0"]),
    "pp2048": (["--context", "2k", "--decode", "0"], ["-p", "2048", "-n", "0"]),
    "tg64": (["--context", "1", "--decode", "64"], ["-p", "0", "-n", "64"]),
    "tg64@2048": (["--context", "1", "--depth", "2k", "--decode", "64"], ["-p", "0", "-n", "64", "-d", "2048"]),
}
FILES = {"int4": "q4_0", "fp32": "f32"}


def lines_of(command):
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {ended.returncode}:\n{ended.stderr}")
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


def edgefleet(model, precision, options):
    (row,) = lines_of([AGENT, "bench", "--model", model, "--precision", precision, "--threads", THREADS, *options, "--iterations", "1",
                       "--warmup-iterations", "1", "--no-memory", "--no-warm-load", "--output", "jsonl", "--quiet"])
    rate = row["decode_tokens_per_second"] if "64" in options else row["prefill_tokens_per_second"]
    return rate, {"processor": row["environment"]["cpu_model"], "instruction_sets": row["environment"]["cpu_instruction_sets"],
                  "commit": row["environment"]["agent_commit"], "onnxruntime": row["environment"]["onnxruntime_version"]}


def llama(program, file, options):
    (row,) = lines_of([program, "-m", file, "-t", THREADS, *options, "-r", "1", "-o", "jsonl"])
    return row["avg_ts"], {"processor": row["cpu_info"], "build": row["build_commit"], "build_number": row["build_number"]}


def measure(program, directory, out, model, precision, rounds, *cells):
    file = pathlib.Path(directory) / f"{model}-{FILES[precision]}.gguf"
    before = read(out) if pathlib.Path(out).exists() else []
    with open(out, "a", encoding="utf-8") as target:
        for step in range(int(rounds)):
            for cell in cells or CELLS:
                # Who begins alternates, over pieces too.
                turn = step + sum((row["model"], row["precision"], row["cell"], row["tool"]) == (model, precision, cell, "edgefleet") for row in before)
                ours, theirs = CELLS[cell]
                tools = [("edgefleet", lambda: edgefleet(model, precision, ours)), ("llama.cpp", lambda: llama(program, file, theirs))]
                for tool, run in tools if turn % 2 == 0 else reversed(tools):
                    rate, about = run()
                    target.write(json.dumps({"model": model, "precision": precision, "cell": cell, "round": turn, "tool": tool,
                                             "tokens_per_second": rate, **about}) + "\n")
                    target.flush()
                    print(f"{model} {precision} {cell} {turn} {tool} {rate:.2f}", file=sys.stderr)


def read(out):
    with open(out, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def table(out):
    rows = read(out)
    print(f"| model | precision | {' | '.join(CELLS)} |\n|---|---|{'---|' * len(CELLS)}")
    for model, precision in dict.fromkeys((row["model"], row["precision"]) for row in rows):
        print(f"| {model} | {precision} | {' | '.join(describe(rows, model, precision, cell) for cell in CELLS)} |")


def describe(rows, model, precision, cell):
    rates = {}
    for row in rows:
        if (row["model"], row["precision"], row["cell"]) == (model, precision, cell):
            rates.setdefault(row["tool"], []).append(row["tokens_per_second"])
    if len(rates) < 2:
        return "not run"
    pairs = sorted(a / b for a, b in zip(rates["edgefleet"], rates["llama.cpp"]))
    ours, theirs = (statistics.median(rates[tool]) for tool in ("edgefleet", "llama.cpp"))
    return f"{ours:.4g} / {theirs:.4g} = **{statistics.median(pairs):.2f}** ({pairs[0]:.2f}-{pairs[-1]:.2f}, n {len(pairs)})"


if __name__ == "__main__":
    if len(sys.argv) >= 8 and sys.argv[1] == "measure":
        measure(*sys.argv[2:])
    elif len(sys.argv) == 3 and sys.argv[1] == "table":
        table(sys.argv[2])
    else:
        sys.exit(__doc__)
