#!/usr/bin/env python3
"""Writes a GGUF file of float32 random weights with the shape of a catalogue entry, for llama.cpp to be measured on.

usage: random_gguf.py models/NAME.json OUT.gguf

There is no vocabulary in it (tokenizer "none"): it serves llama-bench, which feeds token ids. Only what decides speed is right: shapes, types
and the order of magnitude of values. Values come from one block of normal numbers, read from another place for each tensor.
"""
import array
import json
import math
import random
import struct
import sys

ALIGNMENT = 32
BLOCK = 1 << 20
UINT32, FLOAT32, STRING = 4, 6, 8


class Shape:
    """The tensors (name, dimensions as GGUF orders them: fastest first) and keys of one model."""

    def __init__(self, config):
        self.keys, self.tensors = {}, []
        kind = config["model_type"]
        {"qwen2": self.qwen2, "mamba": self.mamba, "mamba2": self.mamba2, "falcon_h1": self.falcon_h1}[kind](config)

    def begin(self, architecture, config, epsilon, positions, ffn=0, heads=0, kv_heads=0):
        self.architecture, self.width, self.layers = architecture, config["hidden_size"], config["num_hidden_layers"]
        self.keys.update({
            "vocab_size": config["vocab_size"], "context_length": positions, "embedding_length": self.width, "block_count": self.layers,
            "feed_forward_length": ffn, "attention.head_count": heads, "attention.head_count_kv": kv_heads,
            "attention.layer_norm_rms_epsilon": epsilon})
        self.tensor("token_embd.weight", self.width, config["vocab_size"])
        self.tensor("output_norm.weight", self.width)

    def tensor(self, name, *dimensions):
        self.tensors.append((name, dimensions))

    def state_space(self, convolution, inner, state, rank, groups=None):
        self.keys.update({"ssm.conv_kernel": convolution, "ssm.inner_size": inner, "ssm.state_size": state, "ssm.time_step_rank": rank})
        if groups is not None:
            self.keys["ssm.group_count"] = groups

    def qwen2(self, config):
        heads, kv_heads, ffn = config["num_attention_heads"], config["num_key_value_heads"], config["intermediate_size"]
        self.begin("qwen2", config, config["rms_norm_eps"], config["max_position_embeddings"], ffn, heads, kv_heads)
        self.keys["rope.freq_base"] = float(config["rope_theta"])
        size = self.width // heads
        for layer in range(self.layers):
            at = f"blk.{layer}."
            self.tensor(at + "attn_norm.weight", self.width)
            self.attention(at, heads, kv_heads, size)
            for part, rows in (("q", heads), ("k", kv_heads), ("v", kv_heads)):
                self.tensor(f"{at}attn_{part}.bias", rows * size)
            self.feed_forward(at, "ffn_norm.weight", ffn)

    def attention(self, at, heads, kv_heads, size):
        for part, rows in (("q", heads), ("k", kv_heads), ("v", kv_heads)):
            self.tensor(f"{at}attn_{part}.weight", self.width, rows * size)
        self.tensor(at + "attn_output.weight", heads * size, self.width)

    def feed_forward(self, at, norm, ffn):
        self.tensor(at + norm, self.width)
        self.tensor(at + "ffn_gate.weight", self.width, ffn)
        self.tensor(at + "ffn_up.weight", self.width, ffn)
        self.tensor(at + "ffn_down.weight", ffn, self.width)

    def mamba(self, config):
        self.begin("mamba", config, config["layer_norm_epsilon"], 1 << 20)
        inner, state, rank, window = config["intermediate_size"], config["state_size"], config["time_step_rank"], config["conv_kernel"]
        self.state_space(window, inner, state, rank)
        for layer in range(self.layers):
            at = f"blk.{layer}."
            self.tensor(at + "attn_norm.weight", self.width)
            self.tensor(at + "ssm_in.weight", self.width, 2 * inner)
            self.tensor(at + "ssm_conv1d.weight", window, inner)
            self.tensor(at + "ssm_conv1d.bias", inner)
            self.tensor(at + "ssm_x.weight", inner, rank + 2 * state)
            self.tensor(at + "ssm_dt.weight", rank, inner)
            self.tensor(at + "ssm_dt.bias", inner)
            self.tensor(at + "ssm_a", state, inner)
            self.tensor(at + "ssm_d", inner)
            self.tensor(at + "ssm_out.weight", inner, self.width)

    def mamba2(self, config):
        self.begin("mamba2", config, config["layer_norm_epsilon"], 1 << 20)
        inner = config["expand"] * self.width
        for layer in range(self.layers):
            at = f"blk.{layer}."
            self.tensor(at + "attn_norm.weight", self.width)
            self.dual(at, inner, config["state_size"], config["num_heads"], config["n_groups"], config["conv_kernel"], norm=True)

    def dual(self, at, inner, state, heads, groups, window, norm):
        self.state_space(window, inner, state, heads, groups)
        channels = inner + 2 * groups * state
        self.tensor(at + "ssm_in.weight", self.width, inner + channels + heads)
        self.tensor(at + "ssm_conv1d.weight", window, channels)
        self.tensor(at + "ssm_conv1d.bias", channels)
        self.tensor(at + "ssm_dt.bias", heads)
        self.tensor(at + "ssm_a", 1, heads)
        self.tensor(at + "ssm_d", 1, heads)
        if norm:
            self.tensor(at + "ssm_norm.weight", inner // groups, groups)
        self.tensor(at + "ssm_out.weight", inner, self.width)

    def falcon_h1(self, config):
        heads, kv_heads, size = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
        ffn = config["intermediate_size"]
        self.begin("falcon-h1", config, config["rms_norm_eps"], config["max_position_embeddings"], ffn, heads, kv_heads)
        self.keys.update({"rope.freq_base": float(config["rope_theta"]), "attention.key_length": size, "attention.value_length": size})
        self.tensor("output.weight", self.width, config["vocab_size"])
        for layer in range(self.layers):
            at = f"blk.{layer}."
            self.tensor(at + "attn_norm.weight", self.width)
            self.attention(at, heads, kv_heads, size)
            self.dual(at, config["mamba_d_ssm"], config["mamba_d_state"], config["mamba_n_heads"], config["mamba_n_groups"],
                      config["mamba_d_conv"], config["mamba_rms_norm"])
            self.feed_forward(at, "ffn_norm", ffn)


def string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key, value):
    if isinstance(value, str):
        return string(key) + struct.pack("<I", STRING) + string(value)
    kind, form = (FLOAT32, "<If") if isinstance(value, float) else (UINT32, "<II")
    return string(key) + struct.pack(form, kind, value)


def values(name, count, normal, start):
    """Little-endian float32 of a tensor, in pieces."""
    if name.endswith(("norm.weight", "ffn_norm", "ssm_d")):
        yield array.array("f", [1.0]).tobytes() * count
    elif name.endswith("ssm_a"):
        yield array.array("f", (-1.0 - index % 16 for index in range(count))).tobytes()
    elif name.endswith("ssm_dt.bias"):
        yield array.array("f", [math.log(math.expm1(0.01))]).tobytes() * count
    else:
        while count > 0:
            taken = min(count, BLOCK - start)
            yield memoryview(normal)[4 * start:4 * (start + taken)]
            count, start = count - taken, 0


def main(source, target):
    with open(source, encoding="utf-8") as file:
        shape = Shape(json.load(file)["config"])
    generator = random.Random(1)
    normal = array.array("f", (generator.gauss(0, 0.02) for _ in range(BLOCK))).tobytes()
    metadata = [entry("general.architecture", shape.architecture), entry("general.file_type", 0), entry("tokenizer.ggml.model", "none")]
    metadata += [entry(f"{shape.architecture}.{key}", value) for key, value in shape.keys.items()]
    offset, infos = 0, []
    for name, dimensions in shape.tensors:
        infos.append(string(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, 0, offset))
        offset += -(-4 * math.prod(dimensions) // ALIGNMENT) * ALIGNMENT
    with open(target, "wb") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, len(infos), len(metadata)) + b"".join(metadata) + b"".join(infos))
        for name, dimensions in shape.tensors:
            file.write(bytes(-file.tell() % ALIGNMENT))
            for piece in values(name, math.prod(dimensions), normal, generator.randrange(BLOCK)):
                file.write(piece)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
