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


def tokenizer(folder, *, chat):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: n for n, word in enumerate(["<pad>", "</s>", "<unk>", *WORDS])}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=raw, pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    if chat:
        fast.chat_template = "{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}assistant :"
    fast.save_pretrained(folder)
    return len(vocabulary)


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
