"""The form of a new system: fields by adapter, from and to an entry as the catalogue has it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.fields import InvalidJSONInput
from django.forms.utils import pretty_name
from django.utils.functional import lazy

from lib.json.strict import StrictJsonError, json_texts, strict_json
from lib.text.translated import mark_of, translated
from lib.text.visible import is_blank
from models_runner.adapters.prompts import DEFAULT_OUTPUT_TOKENS, DEFAULT_TEMPLATE
from models_runner.adapters.registry import ADAPTERS
from models_runner.adapters.texts.thinking import SEND
from models_runner.importing.records import storable_problem
from models_runner.models import InstructionKind, Regime
from models_runner.models.systems import MOST_DOLLARS, PRICES
from models_runner.systems import catalog
from models_runner.web.engine_fields import engine_fields
from models_runner.web.fields import ParametersField, ShortNameField, text_field, whole_field

Entry = dict[str, Any]
ADAPTER_LABELS = {
    "openai": "An endpoint that speaks the OpenAI protocol: vLLM, Ollama, llama.cpp, TGI, hosted models",
    "llamacpp": "A GGUF file, by llama.cpp",
    "transformers": "A folder or hub id, by transformers",
    "extractive": "Sentences copied from the transcript",
    "imported": "Summaries made elsewhere",
    "reference": "The human reference",
}
LONG_INPUTS = {
    "truncate:head": "Keep the beginning",
    "truncate:tail": "Keep the end",
    "truncate:middle": "Keep both ends",
    "chapterize:re-summarize": "Read in chapters, summarize their summaries",
    "chapterize:rewrite": "Read in chapters, rewrite their summaries as one text",
    "chapterize:concatenate": "Read in chapters, put their summaries one after the other",
}
KINDS = tuple(InstructionKind.values)
PRICE_LABELS = {"hour": "Dollars an hour", "batch": "Share of the price in batches"}
WITH_MODEL = ("openai", "llamacpp", "transformers")
# Of the engine's fields, those that most endpoints need.
FIRST_ENGINE_FIELDS = ("engine_base_url", "engine_key_env", "engine_preset")
# What a form without a start fills in, or shows in a list of choices.
DEFAULTS: Entry = {"temperature": 0, "seed": 1, "engine_system_message": SEND}
NAMED_FIELD = re.compile(r"^field '\w+': ")
SETTING = re.compile(
    r"(?P<before> ?)\b(?:engine\.(?P<setting>\w+)|(?P<own>prompt_template|context_window|model_id))(?P<after> ?)"
)
FIELD_OF_ERROR = re.compile(r"(?:field '(?P<field>\w+)': )?(?:engine\.(?P<engine>\w+))?")


@dataclass(frozen=True)
class FieldGroup:
    """A part of the form: what most systems need, and what is folded away until somebody asks for it."""

    heading: str
    shown: list[forms.BoundField]
    folded: list[forms.BoundField]

    @property
    def is_open(self) -> bool:
        """Whether a folded field says something: a value of its own, or what is wrong with it."""
        return any(field.errors or field.value() not in (None, "", DEFAULTS.get(field.name)) for field in self.folded)


class SettingsField(forms.JSONField):
    """Settings by name, as JSON; no settings are an empty field."""

    widget = forms.Textarea(attrs={"rows": 2})

    def prepare_value(self, value: Any) -> Any:
        return super().prepare_value(value) if value else ""

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, as it was typed: reading it may fail."""
        return InvalidJSONInput(data or "")

    def to_python(self, value: Any) -> Any:
        """Python's reader takes NaN, half characters and any depth, which the database refuses."""
        if value in self.empty_values:
            return None
        try:
            parsed = strict_json(value)
        except StrictJsonError as error:
            raise forms.ValidationError(f"What was typed {error.message}") from error
        for _place, text in json_texts(parsed):
            if problem := storable_problem(text):
                raise forms.ValidationError(f"What was typed {problem}")
        return parsed


class SystemForm(forms.Form):
    """A new system; `entry()` is what the catalogue would have for it.

    Args:
        adapter: The adapter, a key of ADAPTERS.
        data: As of a form.
        start: An entry to start from.
    """

    name = forms.CharField(max_length=200, help_text="Shown to researchers, never to annotators.")
    slug = ShortNameField(
        max_length=100,
        required=False,
        label="Short name",
        help_text="Letters, digits, - and _; it never changes. Empty: made from the name.",
    )
    regime = forms.ChoiceField(choices=Regime.choices)
    parameters = ParametersField(
        min_value=1,
        max_value=10**15,
        required=False,
        help_text="Of the model, such as 780M or 8B; empty if nobody knows.",
    )
    licence = text_field("Licence", max_length=200)
    base = text_field("Fine-tuned from", "The short name of the system whose weights it comes from.", max_length=100)
    about = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), max_length=20_000, required=False, help_text="For readers of results."
    )
    model_id = text_field("Model")
    revision = text_field("Revision", "Of the weights, for example a commit on the hub.", max_length=100)
    context_window = whole_field("Window", "Tokens, prompt and output together.")
    prompt_template = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=100_000,
        required=False,
        label="Prompt",
        help_text="{transcript} becomes the transcript, a line a turn; {instruction} the sentence that asks for a "
        "short, medium or long summary, or for the answer to a query, in the document's language. Empty: one after the "
        "other.",
    )
    temperature = forms.FloatField(
        min_value=0, max_value=5, required=False, help_text="Empty or 0: always the likeliest word."
    )
    seed = whole_field("Seed", "Empty: 1.", min_value=0)
    repetition_penalty = forms.FloatField(min_value=0.1, max_value=5, required=False, help_text="1 or empty: none.")
    decoding_more = SettingsField(
        required=False, label="Further decoding settings", help_text='By name, such as {"top_p": 0.9}.'
    )
    long_input = forms.ChoiceField(
        choices=list(LONG_INPUTS.items()), required=False, label="A meeting that does not fit"
    )
    chapter_tokens = whole_field("Tokens of a chapter's summary", "Empty: 128.")
    engine_more = SettingsField(
        required=False, label="Further engine settings", help_text='By name, such as {"extra_body": {"top_k": 20}}.'
    )

    DECODING: ClassVar = ("temperature", "seed", "repetition_penalty")
    PLAIN: ClassVar = ("name", "regime", "parameters", "licence", "base", "about", "model_id", "revision")
    READING: ClassVar = ("context_window", "prompt_template")

    def __init__(self, adapter: str, data: Any = None, *, start: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=_initial(adapter, start or {}))
        self.adapter = adapter
        self.engine_names = tuple(engine_fields(adapter))
        for kind in KINDS:
            label = f"Most tokens, {InstructionKind(kind).label.lower()}"
            self.fields[f"max_tokens_{kind}"] = whole_field(label, max_value=1_000_000)
        self.prices = PRICES if adapter == "openai" else PRICES[:-1]
        for price in self.prices:
            label = PRICE_LABELS.get(price, f"Dollars a million {price} tokens")
            most, hint = (1, "From 0 to 1. Empty: 0.5.") if price == "batch" else (MOST_DOLLARS, "")
            self.fields[f"price_{price}"] = forms.FloatField(
                label=label, min_value=0, max_value=most, required=False, help_text=hint
            )
        for name, field in engine_fields(adapter).items():
            self.fields[f"engine_{name}"] = field
        if adapter == "openai":
            self.fields["context_window"].required = True
            self.fields["context_window"].help_text = "The most tokens, prompt and output together."
        self.fields["model_id"].required = adapter in WITH_MODEL
        self.fields["model_id"].help_text = {
            "openai": "The model's name on that server.",
            "llamacpp": "The path of a .gguf file, or package: and the name of a package that holds one.",
            "transformers": "A folder, a hub id, or the path of a .gguf file.",
        }.get(adapter, "")

    def groups(self) -> Iterator[FieldGroup]:
        """Yield the form's parts; a part without a model has no fields for one."""
        engine = [f"engine_{name}" for name in self.engine_names]
        yield self._group("What it is", ("name", "slug", "parameters", "regime"), ("licence", "base", "about"))
        if self.adapter in WITH_MODEL:
            address = [name for name in engine if name in FIRST_ENGINE_FIELDS]
            others = [name for name in engine if name not in address]
            model = [*address[:1], "model_id", "context_window", *address[1:]]
            yield self._group("Model", model, ("revision", *others, "engine_more"))
            yield self._group("Prompt and long meetings", ("prompt_template", "long_input", "chapter_tokens"))
            limits = [f"max_tokens_{kind}" for kind in KINDS]
            yield self._group("Decoding", limits, (*self.DECODING, "decoding_more"))
            yield self._group("Price", [f"price_{price}" for price in self.prices])
        elif engine:
            yield self._group("How it chooses", engine, ("engine_more",))

    def _group(self, heading: str, shown: Sequence[str], folded: Sequence[str] = ()) -> FieldGroup:
        return FieldGroup(heading, self._bound(*shown), self._bound(*folded))

    def _bound(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names]

    def entry(self) -> tuple[str, Entry]:
        """Return the short name and the entry of valid data, as a file of systems has it."""
        values = self.cleaned_data
        with_model = self.adapter in WITH_MODEL
        parts: Entry = {name: values[name] for name in self.PLAIN}
        if with_model:
            parts |= {name: values[name] for name in self.READING}
            parts["decoding"] = _filled(values, "", self.DECODING) | (values["decoding_more"] or {})
            if limits := _filled(values, "max_tokens_", KINDS):
                parts["decoding"]["max_tokens"] = limits
            parts["long_input"] = _long_input(values)
            parts["price"] = _filled(values, "price_", self.prices)
        parts["engine"] = self._engine()
        entry = {name: value for name, value in parts.items() if value not in ("", None, {})}
        return values["slug"], {"adapter": self.adapter, **entry}

    def _engine(self) -> Entry:
        engine = _filled(self.cleaned_data, "engine_", self.engine_names)
        engine |= {name: engine[name] == "true" for name in ("thinking", "batch") if name in engine}
        if engine.get("system_message") == SEND:
            del engine["system_message"]
        return engine | (self.cleaned_data["engine_more"] or {})

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if is_blank(name):
            raise forms.ValidationError("Expected at least one character that can be seen.")
        return name

    def clean(self) -> Entry:
        values = super().clean() or {}
        self._check_more("decoding_more", {name: name for name in self.DECODING})
        self._check_more("engine_more", {name: f"engine_{name}" for name in self.engine_names})
        if not self.errors:
            values["slug"] = values.get("slug") or catalog.name_for(self.entry()[1])
            self._check_entry()
        return values

    def _check_more(self, name: str, own: Mapping[str, str]) -> None:
        """Refuse further settings without names, and those with a field of their own, which they would override."""
        more = self.cleaned_data.get(name)
        if more is not None and not isinstance(more, dict):
            self.add_error(name, 'Expected settings by name, such as {"top_p": 0.9}.')
            return
        for setting, value in (more or {}).items():
            # A record in place of a value is for programs: the field could not show it.
            if setting in own and not isinstance(value, dict):
                label = self.fields[own[setting]].label or pretty_name(setting)
                self.add_error(name, f"“{label}” has a field of its own. Take it out here.")

    def _check_entry(self) -> None:
        slug, entry = self.entry()
        self._check_base(entry.get("base", ""))
        try:
            catalog.check_entry(slug, entry)
        except catalog.CatalogError as error:
            message = str(error).removeprefix(f"{slug}: ")
            in_language = lazy(self._with_labels, str)(NAMED_FIELD.sub("", message))
            self.add_error(self._field_of(message), forms.ValidationError(in_language))

    def _check_base(self, base: str) -> None:
        if base and catalog.find_system(base) is None:
            self.add_error("base", f"There is no system {base!r}.")

    def _with_labels(self, message: str) -> str:
        """Translate a message of the catalogue, with the form's own labels in place of settings of a file."""

        def label(named: re.Match[str]) -> str:
            field = self.fields.get(named["own"] or f"engine_{named['setting']}")
            before, after = (mark_of(" ") if space else "" for space in (named["before"], named["after"]))
            return f"{before}“{translated(field.label)}”{after}" if field else named[0]

        return SETTING.sub(label, translated(message))

    def _field_of(self, message: str) -> str | None:
        """Return the field that a message of the catalogue is about; None where the form has no such field."""
        named = FIELD_OF_ERROR.match(message)
        name = f"engine_{named['engine']}" if named and named["engine"] else named and named["field"]
        return name if name in self.fields else None


def _filled(values: Mapping[str, Any], prefix: str, names: tuple[str, ...]) -> Entry:
    return {name: values[prefix + name] for name in names if values.get(prefix + name) not in ("", None)}


def _long_input(values: Mapping[str, Any]) -> Entry:
    strategy, _, way = (values["long_input"] or "truncate:head").partition(":")
    if strategy == "truncate":
        return {"strategy": strategy, "keep": way}
    return {"strategy": strategy, "combine": way} | _filled(values, "", ("chapter_tokens",))


def _initial(adapter: str, entry: Mapping[str, Any]) -> Entry:
    """Return the initial values of the fields for an entry to start from."""
    decoding, engine = dict(entry.get("decoding") or {}), dict(entry.get("engine") or {})
    limits: Any = decoding.pop("max_tokens", DEFAULT_OUTPUT_TOKENS)
    limits = DEFAULT_OUTPUT_TOKENS | dict(limits) if isinstance(limits, Mapping) else dict.fromkeys(KINDS, limits)
    if not entry and adapter != "openai":
        # A server may refuse them: left empty, they are sent if it takes them.
        decoding = {name: DEFAULTS[name] for name in ("temperature", "seed")}
    names = tuple(engine_fields(adapter))
    chosen = {name: engine.pop(name) for name in names if name in engine and not isinstance(engine[name], dict)}
    switches = {name: value for name, value in chosen.items() if isinstance(value, bool)}
    chosen |= {name: str(value).lower() for name, value in switches.items() if value or name == "thinking"}
    return (
        {name: entry.get(name) for name in ("slug", *SystemForm.PLAIN, *SystemForm.READING) if entry.get(name)}
        | ({} if entry else {"prompt_template": DEFAULT_TEMPLATE, "regime": Regime.ZERO_SHOT})
        | {f"max_tokens_{kind}": limits[kind] for kind in KINDS}
        | {name: decoding.pop(name) for name in SystemForm.DECODING if name in decoding}
        | {f"engine_{name}": value for name, value in chosen.items()}
        | {f"price_{name}": value for name, value in (entry.get("price") or {}).items()}
        | {"decoding_more": decoding or None, "engine_more": engine or None}
        | _initial_long_input(entry.get("long_input") or {})
    )


def _initial_long_input(record: Mapping[str, Any]) -> Entry:
    strategy = record.get("strategy", "truncate")
    way = record.get("keep", "head") if strategy == "truncate" else record.get("combine", "re-summarize")
    return {"long_input": f"{strategy}:{way}", "chapter_tokens": record.get("chapter_tokens")}


def offered_adapters() -> list[tuple[str, str]]:
    """Return the adapters a system can be made with here, with what they run; those for tests alone are left out."""
    of_packages = [(key, key) for key in ADAPTERS if not ADAPTERS.is_own(key)]
    return [*((key, label) for key, label in ADAPTER_LABELS.items() if key in ADAPTERS), *of_packages]
