"""Tiny real models that learned a rule in seconds: what Maya says supports a sentence, what Leo says contradicts it.

A sentence with "maybe" is neither.
"""

import itertools
import random

COLOURS = ("red", "blue", "green", "grey")
WORDS = ("maya", "leo", ":", ".", "the", "wall", "is", "maybe", "predict", "0", "1", "said", "we", "met")
SPECIAL = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4}
SUPPORT, NEUTRAL, CONTRADICTION = range(3)
SIZE = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64, "num_hidden_layers": 2}
LEARNT = 0.05


def passage(speaker, colour):
    return f"{speaker}: The wall is {colour}."


def sentence(colour, *, maybe=False):
    return f"Maybe the wall is {colour}." if maybe else f"The wall is {colour}."


def examples():
    """Every passage with every sentence, and what holds."""
    for told, said in itertools.product(COLOURS, COLOURS):
        for speaker, kind in (("Maya", SUPPORT), ("Leo", CONTRADICTION)):
            yield passage(speaker, told), sentence(said), kind
            yield passage(speaker, told), sentence(said, maybe=True), NEUTRAL


def save_tokenizer(folder, *, pairs):
    """A tokenizer of whole words. pairs: As RoBERTa joins two texts; else it only ends a text, as T5."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = SPECIAL | {word: n for n, word in enumerate((*COLOURS, *WORDS), len(SPECIAL))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    single, double = ("<s> $A </s>", "<s> $A </s> </s> $B </s>") if pairs else ("$A </s>", "$A </s> $B </s>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=double, special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = {
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "mask_token": "<mask>",
    }
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=64, sep_token="</s>", **names)
    whole.save_pretrained(folder)
    return whole, len(vocabulary)


def learn(make):
    """Return a model that learned the rule. make: Returns a new model, and its loss of a list of examples."""
    import torch

    for seed in range(8):
        torch.manual_seed(seed)
        model, loss_of = make()
        if _train(model, loss_of, random.Random(seed)) < LEARNT:
            return model.eval()
    raise AssertionError("no model learned the rule")


def _train(model, loss_of, dice, steps=500):
    import torch

    every = list(examples())
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    model.train()
    recent = 1.0
    for _ in range(steps):
        loss = loss_of(dice.sample(every, 24))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recent = 0.9 * recent + 0.1 * loss.item()
        if recent < LEARNT:
            break
    return recent


def encoder_config(size, labels):
    from transformers import RobertaConfig

    return RobertaConfig(
        vocab_size=size,
        max_position_embeddings=66,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        initializer_range=0.2,  # the usual one is for hidden states of 768
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **(
            {"id2label": dict(enumerate(labels)), "label2id": {name: i for i, name in enumerate(labels)}}
            if labels
            else {}
        ),
        **SIZE,
    )


def save_nli(folder, labels=("entailment", "neutral", "contradiction")):
    """RoBERTa for sequence classification, with the labels in this order."""
    import torch
    from transformers import RobertaForSequenceClassification

    tokenizer, size = save_tokenizer(folder, pairs=True)
    place = [labels.index(name) for name in ("entailment", "neutral", "contradiction")]

    def make():
        model = RobertaForSequenceClassification(encoder_config(size, labels))

        def loss_of(rows):
            passages, sentences, kinds = zip(*rows, strict=True)
            inputs = tokenizer(list(passages), list(sentences), padding=True, return_tensors="pt")
            return model(**inputs, labels=torch.tensor([place[kind] for kind in kinds])).loss

        return model, loss_of

    learn(make).save_pretrained(folder)


def save_alignscore(folder):
    """A checkpoint as Lightning writes AlignScore's: an encoder and three heads in one state, with their settings."""
    import torch
    from transformers import RobertaModel

    tokenizer, size = save_tokenizer(folder, pairs=True)
    config = encoder_config(size, ())
    config.save_pretrained(folder)

    class Aligned(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.base_model = RobertaModel(config)
            self.bin_layer = torch.nn.Linear(config.hidden_size, 2)
            self.tri_layer = torch.nn.Linear(config.hidden_size, 3)
            self.reg_layer = torch.nn.Linear(config.hidden_size, 1)

    def make():
        model = Aligned()

        def loss_of(rows):
            passages, sentences, kinds = zip(*rows, strict=True)
            inputs = tokenizer(list(passages), list(sentences), padding=True, return_tensors="pt")
            logits = model.tri_layer(model.base_model(**inputs).pooler_output)
            return torch.nn.functional.cross_entropy(logits, torch.tensor(kinds))

        return model, loss_of

    model = learn(make)
    settings = {"model": "roberta-tiny", "callback": Settings()}
    saved = {"state_dict": model.state_dict(), "hyper_parameters": settings, "pytorch-lightning_version": "1.7.7"}
    torch.save(saved, folder / "AlignScore-tiny.ckpt")
    return model, tokenizer


class Settings:
    """An object such as a checkpoint of Lightning holds; reading it must not need its class."""

    loaded = 0

    def __init__(self):
        self.every = 1

    def __setstate__(self, state):
        Settings.loaded += 1


def save_encoder_check(folder):
    """MiniCheck's form of RoBERTa: one text, two labels, the second one is support."""
    import torch
    from transformers import RobertaForSequenceClassification

    tokenizer, size = save_tokenizer(folder, pairs=True)

    def make():
        model = RobertaForSequenceClassification(encoder_config(size, ("no", "yes")))

        def loss_of(rows):
            texts = [f"{p}{tokenizer.eos_token}{s}" for p, s, _ in rows]
            inputs = tokenizer(texts, padding=True, return_tensors="pt")
            return model(**inputs, labels=torch.tensor([int(kind == SUPPORT) for _, _, kind in rows])).loss

        return model, loss_of

    learn(make).save_pretrained(folder)


def save_t5_check(folder):
    """MiniCheck's form of FLAN-T5: the first token written is 1 or 0."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    tokenizer, size = save_tokenizer(folder, pairs=False)
    config = T5Config(
        vocab_size=size, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, dropout_rate=0.0,
        pad_token_id=1, eos_token_id=2, decoder_start_token_id=1,
    )  # fmt: skip
    answers = tokenizer.convert_tokens_to_ids(["1", "0"])

    def make():
        model = T5ForConditionalGeneration(config)

        def loss_of(rows):
            texts = [f"predict: {p}{tokenizer.eos_token}{s}" for p, s, _ in rows]
            inputs = tokenizer(texts, padding=True, return_tensors="pt")
            labels = torch.tensor([[answers[int(kind != SUPPORT)]] for _, _, kind in rows])
            return model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], labels=labels).loss

        return model, loss_of

    learn(make).save_pretrained(folder)
