"""Encode the words of documents as plain text, even where they spell a control token of the tokenizer.

A tokenizer takes "<|im_end|>" for its end-of-turn token wherever it finds it. Here only the template's own may be taken
so: a copy of the tokenizer knows its control tokens by names that no transcript can hold, and the template's are
written in these names before the text is encoded. All else of the encoding stays as it was.
"""

import json
import re
import uuid
from collections.abc import Sequence
from typing import Any

from models_runner.adapters.texts.chat import pieces
from models_runner.adapters.texts.thoughts import is_thought_mark


class PlainTokens:
    """Encodes prompts for one tokenizer of transformers.

    Attributes:
        contents: Its control tokens, as they are spelt.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        ids = {token.content: number for number, token in tokenizer.added_tokens_decoder.items() if token.content}
        self.ids: dict[str, int] = ids
        self.contents = sorted(ids, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, self.contents))) if ids else None
        self._copy: Any = None
        self._names: dict[str, str] = {}

    def holds_control_tokens(self, text: str, plain: Sequence[tuple[int, int]]) -> bool:
        pattern = self._pattern
        return pattern is not None and any(pattern.search(text[begin:end]) for begin, end in plain)

    def ids_of(self, text: str, plain: Sequence[tuple[int, int]]) -> list[int]:
        """Encode a text without the tokens that the tokenizer adds around it.

        Args:
            text: The rendered prompt.
            plain: Where documents' words stand in it, as (begin, end).
        """
        if getattr(self.tokenizer, "backend_tokenizer", None) is None:
            return self._in_pieces(text, plain)
        if self._copy is None:
            self._copy, self._names = self._renamed()
        marked = "".join(piece if is_plain else self._marked(piece) for piece, is_plain in pieces(text, plain))
        own = {self._copy.token_to_id(name): self.ids[content] for content, name in self._names.items()}
        # What the vocabulary does not know is unknown, not a command.
        control = set(self.ids.values()) - {self.tokenizer.unk_token_id}
        ids = []
        for number in self._copy.encode(marked, add_special_tokens=False).ids:
            if number in own:
                ids.append(own[number])
            elif number in control:
                # The model's own vocabulary spells the token as well (T5's "</s>").
                ids += self._spelt(number)
            else:
                ids.append(number)
        return ids

    def framed(self, ids: list[int]) -> list[int]:
        """Put around the tokens of a text what the tokenizer adds by itself, such as a start or end token."""
        inner = self.tokenizer("a", add_special_tokens=False)["input_ids"]
        whole = self.tokenizer("a", add_special_tokens=True)["input_ids"]
        starts = [n for n in range(len(whole) - len(inner) + 1) if whole[n : n + len(inner)] == inner]
        if not starts:
            return ids
        return [*whole[: starts[0]], *ids, *whole[starts[0] + len(inner) :]]

    def decoded(self, ids: Sequence[int]) -> str:
        """Decode an answer without control tokens, except for those that mark thoughts, which are parted later."""
        marks = {number for content, number in self.ids.items() if is_thought_mark(content)}
        if not marks.intersection(ids):
            return str(self.tokenizer.decode(ids, skip_special_tokens=True))
        special = set(self.tokenizer.all_special_ids) - marks
        kept = [number for number in ids if number not in special]
        return str(self.tokenizer.decode(kept, skip_special_tokens=False))

    def _marked(self, piece: str) -> str:
        return self._pattern.sub(lambda match: self._names[match[0]], piece) if self._pattern else piece

    def _renamed(self) -> tuple[Any, dict[str, str]]:
        from tokenizers import Tokenizer

        state = json.loads(self.tokenizer.backend_tokenizer.to_str())
        nonce, names = uuid.uuid4().hex, {}
        for token in state["added_tokens"]:
            content = token["content"]
            token["content"] = names[content] = f"\ue000{nonce}-{token['id']}\ue001"
        state["post_processor"] = state["truncation"] = state["padding"] = None
        return Tokenizer.from_str(json.dumps(state)), names

    def _spelt(self, number: int) -> list[int]:
        """Encode a control token's spelling letter by letter."""
        tokenizer = self.tokenizer
        content = next(content for content, own in self.ids.items() if own == number)
        letters = [tokenizer.convert_tokens_to_ids(letter) for letter in content]
        encoded = [tokenizer.unk_token_id if letter is None else letter for letter in letters]
        return [letter for letter in encoded if letter is not None]

    def _in_pieces(self, text: str, plain: Sequence[tuple[int, int]]) -> list[int]:
        """Encode piece by piece, for tokenizers that are written in Python."""
        ids: list[int] = []
        for piece, is_plain in pieces(text, plain):
            more = {"split_special_tokens": True} if is_plain else {}
            ids += self.tokenizer(piece, add_special_tokens=False, **more)["input_ids"]
        return ids
