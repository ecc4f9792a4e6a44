"""The library of criteria: question and help text by key."""

LIBRARY: dict[str, tuple[str, str]] = {
    "overall": (
        "Which summary is better overall?",
        "If you had missed the meeting, which one would you rather have?",
    ),
    "informativeness": (
        "Which summary tells more of what mattered?",
        "Decisions, owners, dates and reasons count; length alone does not.",
    ),
    "consistency": (
        "Which summary is more faithful to the transcript?",
        "Anything stated that the transcript does not say counts against a summary.",
    ),
    "coherence": ("Which summary hangs together better?", "A clear order, each sentence building on the last."),
    "fluency": ("Which summary reads better?", "Grammar, word choice and the absence of repetition."),
    "relevance": ("Which summary keeps better to what is important?", "Side remarks and small talk count against it."),
    "coverage": (
        "Which summary covers decisions and action items better?",
        "Who does what by when, and what was decided.",
    ),
}
