"""Tiny real checkpoints of the catalogue's architectures: built from a config, saved, loaded like any other model."""

WORDS = [
    "the",
    "a",
    "meeting",
    "we",
    "ship",
    "checkout",
    "on",
    "friday",
    "tests",
    "fail",
    "fix",
    "summary",
    "write",
    "budget",
    "library",
    "Maya",
    "Leo",
    ":",
    ".",
    "user",
    "assistant",
]


def tokenizer(folder, *, chat, extra=()):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: n for n, word in enumerate(["<pad>", "</s>", "<unk>", *WORDS])}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    if chat:
        fast.chat_template = "{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}assistant :"
    fast.add_special_tokens({"additional_special_tokens": list(extra)})
    fast.save_pretrained(folder)
    return len(vocabulary) + len(extra)


def saved_t5(folder, spread=20.0):
    """FLAN-T5's architecture: gated GELU, untied embeddings. spread: of the random weights; answers differ when wide."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    size = tokenizer(folder, chat=False)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=size, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu",
        tie_word_embeddings=False, initializer_factor=spread, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    T5ForConditionalGeneration(config).save_pretrained(folder)
    return str(folder)


DECODER = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 128, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 1,
}  # fmt: skip


def saved_decoder(folder, config_of, *, chat=True, **settings):
    """A decoder with random weights, wide enough apart that greedy answers differ by prompt."""
    import torch
    from transformers import AutoModelForCausalLM

    size = tokenizer(folder, chat=chat)
    torch.manual_seed(0)
    config = config_of(vocab_size=size, **DECODER | settings)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    return str(folder)


def saved_encoder_decoder(folder, kind):
    """A tiny LED, PRIMERA (an LED with separators), LongT5, BART or PEGASUS-X with random weights."""
    import torch
    from transformers import (
        BartConfig,
        BartForConditionalGeneration,
        LEDConfig,
        LEDForConditionalGeneration,
        LongT5Config,
        LongT5ForConditionalGeneration,
        PegasusXConfig,
        PegasusXForConditionalGeneration,
    )

    size = tokenizer(folder, chat=False, extra=("<doc-sep>",) if kind == "primera" else ())
    torch.manual_seed(0)
    ends = {"vocab_size": size, "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    layers = {
        "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "init_std": 0.5,
        "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "bos_token_id": 1,
    }  # fmt: skip
    led = {"max_encoder_position_embeddings": 128, "max_decoder_position_embeddings": 32, "attention_window": [8, 8]}
    no_forced = {"forced_eos_token_id": None, "forced_bos_token_id": None}
    make = {
        "led": lambda: LEDForConditionalGeneration(LEDConfig(**ends, **layers, **led, **no_forced)),
        "primera": lambda: LEDForConditionalGeneration(LEDConfig(**ends, **layers, **led, **no_forced)),
        "bart": lambda: BartForConditionalGeneration(
            BartConfig(**ends, **layers, max_position_embeddings=96, **no_forced)
        ),
        "pegasus_x": lambda: PegasusXForConditionalGeneration(
            PegasusXConfig(
                **ends, **layers, max_position_embeddings=96, num_global_tokens=4, block_size=8, **no_forced
            )
        ),
        "longt5": lambda: LongT5ForConditionalGeneration(
            LongT5Config(
                **ends, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, local_radius=4, global_block_size=4,
                encoder_attention_type="transient-global", tie_word_embeddings=False, initializer_factor=20.0,
            )
        ),
    }  # fmt: skip
    make[kind]().save_pretrained(folder)
    return str(folder)
