"""Tiny GGUF models inside Python packages, written as the tools of llama.cpp write them."""

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, TokenType
from gguf.quants import quantize
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

HIDDEN, LAYERS, HEADS, FEED_FORWARD = 64, 2, 2, 96
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEXTS = ["What is 3 + 4? The answer is 7.\n\n<think> </think> user assistant system"]
IMPORTED = "raise RuntimeError('the package was imported')\n"


def make_package(site, name, *, dist_version="1.2.0"):
    """A package folder that must not be imported, with its metadata and a licence."""
    folder = site / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(IMPORTED)
    info = site / f"{name}-{dist_version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {dist_version}\n"
    )
    (info / "LICENSE").write_text("do what you like\n")
    (info / "RECORD").write_text(
        "".join(f"{info.name}/{file},,\n" for file in ("METADATA", "LICENSE", "RECORD"))
    )
    return folder


def write_gguf(path, *, architecture="llama", template=None, seed=0):
    """A random Llama of 64 × 2, Q4_1 matrices and a Q8_0 look-up table, with a byte-level BPE."""
    vocabulary, merges = _byte_level()
    writer = GGUFWriter(path, architecture)
    writer.add_name("toy")
    writer.add_license("apache-2.0")
    writer.add_context_length(256)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(vocabulary))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(vocabulary)
    control = [TokenType.CONTROL if one in SPECIAL else TokenType.NORMAL for one in vocabulary]
    writer.add_token_types(control)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(vocabulary.index("<|endoftext|>"))
    writer.add_eos_token_id(vocabulary.index("<|im_end|>"))
    writer.add_pad_token_id(vocabulary.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    if template:
        writer.add_chat_template(template)
    _write_tensors(writer, len(vocabulary), np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _byte_level():
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, initial_alphabet=alphabet, special_tokens=SPECIAL, show_progress=False
    )
    core.train_from_iterator(TEXTS, trainer)
    vocabulary = sorted(core.get_vocab(), key=core.get_vocab().get)
    # Merges in the order of the tokens that they make, which is the order they were learnt in.
    made = [token for token in vocabulary if len(token) > 1 and token not in SPECIAL]
    known = set(vocabulary)
    merges = [
        next(
            f"{token[:cut]} {token[cut:]}"
            for cut in range(1, len(token))
            if token[:cut] in known and token[cut:] in known
        )
        for token in made
    ]
    return vocabulary, merges


def _write_tensors(writer, vocab, rng):
    def matrix(name, rows, columns, kind=GGMLQuantizationType.Q4_1):
        values = rng.normal(0, 0.05, (rows, columns)).astype(np.float32)
        writer.add_tensor(name, quantize(values, kind), raw_dtype=kind)

    def norm(name):
        writer.add_tensor(name, np.ones(HIDDEN, dtype=np.float32))

    matrix("token_embd.weight", vocab, HIDDEN, GGMLQuantizationType.Q8_0)
    norm("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        norm(f"{block}.attn_norm.weight")
        norm(f"{block}.ffn_norm.weight")
        matrix(f"{block}.attn_q.weight", HIDDEN, HIDDEN)
        matrix(f"{block}.attn_k.weight", HIDDEN // HEADS, HIDDEN)
        matrix(f"{block}.attn_v.weight", HIDDEN // HEADS, HIDDEN)
        matrix(f"{block}.attn_output.weight", HIDDEN, HIDDEN)
        matrix(f"{block}.ffn_gate.weight", FEED_FORWARD, HIDDEN)
        matrix(f"{block}.ffn_up.weight", FEED_FORWARD, HIDDEN)
        matrix(f"{block}.ffn_down.weight", HIDDEN, FEED_FORWARD)
