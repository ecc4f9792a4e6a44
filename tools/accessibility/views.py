"""In which languages and themes pages are looked at."""

from dataclasses import dataclass

LANGUAGES = ("en", "zh-hans")
THEMES = ("light", "dark")


@dataclass(frozen=True)
class View:
    language: str
    theme: str

    @property
    def name(self) -> str:
        return f"{self.language}-{self.theme}"


VIEWS = [View(language, theme) for language in LANGUAGES for theme in THEMES]
