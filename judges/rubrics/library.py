"""Read the rubrics that come with the project: one for every criterion of the library, in English and Chinese."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).with_name("texts")
LANGUAGES = ("en", "zh")

# {"version": "1", "sha256": "…", "en": "…", "zh": "…"}
Rubric = dict[str, str]


@cache
def library() -> dict[str, Rubric]:
    """Return the project's rubrics by criterion."""
    return {path.stem: rubric(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.iterdir())}


def rubric(values: Mapping[str, Any]) -> Rubric:
    """Return a rubric with its version and the hash of its words.

    values: The text in each of LANGUAGES, and a version; "1" where there is none.
    """
    texts = {language: str(values[language]).strip() for language in LANGUAGES}
    return {"version": str(values.get("version", 1)), "sha256": words_hash(texts), **texts}


def words_hash(texts: Mapping[str, str]) -> str:
    """Return a SHA-256 of the words of a rubric in all its languages."""
    words = "\n\n".join(f"{language}: {texts[language]}" for language in sorted(texts))
    return hashlib.sha256(words.encode()).hexdigest()
