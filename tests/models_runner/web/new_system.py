"""The form of a new system, filled and sent."""

from tests.people import researcher

OPENAI = {
    "slug": "far", "name": "Far away", "regime": "zero-shot", "model_id": "big", "context_window": "8192",
    "engine_base_url": "http://127.0.0.1:9/v1", "prompt_template": "{transcript}\n\n{instruction}",
    "max_tokens_short": "96", "temperature": "0", "seed": "1", "long_input": "truncate:head",
}  # fmt: skip


def post(do, adapter="openai", client=None, htmx=False, **values):
    headers = {"HX-Request": "true"} if htmx else {}
    data = (OPENAI if adapter == "openai" else {}) | values
    return (client or researcher()).post(f"/new-system/?adapter={adapter}", {"do": do, **data}, headers=headers)


def values_of(form):
    """The form's data as a browser sends it back unchanged."""
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in shown.items() if value not in (None, "")}
