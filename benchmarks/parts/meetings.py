"""Generate meetings of about one length; the same seed gives the same meetings."""

import random

Turn = dict[str, str]

SPEAKERS = ("Ada", "Bruno", "Chen", "Dana", "Emeka")
WHO = ("the kitchen team", "our supplier", "the printer in Leeds", "accounting", "the new driver", "everybody on site")
WHAT = (
    "the spring menu",
    "the delivery contract",
    "the broken oven",
    "the holiday rota",
    "the price list",
    "the safety check",
    "the booking page",
    "the second van",
)
WHEN = ("by Monday", "before the fair", "next week", "in April", "as soon as the invoice is here", "after the audit")
WHY = (
    "because two customers asked for it",
    "since the old one costs too much",
    "or we lose the discount",
    "so that nobody has to stay late again",
    "although I am not sure that it is worth the trouble",
    "and I would like to hear other views on that",
)
SHAPES = (
    "I think {who} should finish {what} {when}, {why}.",
    "Did anybody tell {who} about {what}?",
    "We agreed that {what} has to be settled {when}.",
    "Last time {what} took {n} hours, {why}.",
    "Let me write that down: {who}, {what}, {when}.",
    "It came to {n} euros, and {who} will pay for {what} {when}.",
    "No, {what} can wait, {why}.",
    "If {who} cannot do {what} {when}, I will, {why}.",
)
SENTENCES = (2, 6)
SPREAD = 0.15
TOKENS_A_WORD = 1.24  # SmolLM2's tokenizer on these sentences, speakers included


def meetings(number: int, tokens: int, seed: int = 1) -> list[list[Turn]]:
    """Generate transcripts whose lengths are spread evenly, in mixed order, within 15 per cent of this many tokens."""
    rng = random.Random(seed)
    shares = [(2 * i + 1) / number - 1 for i in range(number)]
    rng.shuffle(shares)
    return [_meeting(rng, tokens * (1 + SPREAD * share) / TOKENS_A_WORD) for share in shares]


def _meeting(rng: random.Random, words: float) -> list[Turn]:
    turns: list[Turn] = []
    used = 0
    while used < words:
        said = " ".join(_sentence(rng) for _ in range(rng.randint(*SENTENCES)))
        said = " ".join(said.split()[: max(1, round(words - used) - 1)])
        turns.append({"speaker": rng.choice(SPEAKERS), "content": said})
        used += len(said.split()) + 1
    return turns


def _sentence(rng: random.Random) -> str:
    parts = {
        name: rng.choice(choices) for name, choices in (("who", WHO), ("what", WHAT), ("when", WHEN), ("why", WHY))
    }
    sentence = rng.choice(SHAPES).format(n=rng.randint(3, 900), **parts)
    return sentence[0].upper() + sentence[1:]
