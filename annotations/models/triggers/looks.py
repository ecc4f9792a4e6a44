"""The triggers of planned looks: they rise, and they do not change once somebody was given a pair.

annotations/models/triggers/rating.py creates and drops them with the others.
"""

# What a plan is: the looks, the two systems that they compare, and the margin that they are about.
_ABOUT = ("look_spending", "small_system_id", "large_system_id", "noninferiority_margin")
PLANS = {
    "study_looks_are_fixed": ("look_votes", *_ABOUT),
    "study_look_dates_are_fixed": ("look_dates", "look_maximum", *_ABOUT),
}
_IS_RATED = """EXISTS (
           SELECT 1 FROM annotations_assignment given
           JOIN annotations_comparison pair ON pair.id = given.comparison_id WHERE pair.study_id = OLD.id
       )"""
_DIGIT = "[0-9]"
_DAY = "-".join((_DIGIT * 4, _DIGIT * 2, _DIGIT * 2))
MOMENT = f"{_DAY}T{_DIGIT * 2}:{_DIGIT * 2}:{_DIGIT * 2}Z"
LEAST, MOST = 2, 10


def _plan_changes(columns: tuple[str, ...], differs: str) -> str:
    looks, changed = columns[0], " OR ".join(f"NEW.{name} {differs} OLD.{name}" for name in columns)
    return f"(OLD.{looks} IS NOT NULL OR NEW.{looks} IS NOT NULL) AND ({changed}) AND {_IS_RATED}"


def _wrong_list(column: str, is_right: str) -> str:
    """Say in SQLite's words that the looks are no list, too few or too many, of another kind, or do not rise."""
    return f"""NEW.{column} IS NOT NULL AND (
           json_array_length(NEW.{column}) NOT BETWEEN {LEAST} AND {MOST}
           OR EXISTS (SELECT 1 FROM json_each(NEW.{column}) look WHERE NOT ({is_right}))
           OR EXISTS (
               SELECT 1 FROM json_each(NEW.{column}) look JOIN json_each(NEW.{column}) earlier
               ON earlier.key = look.key - 1 WHERE look.value <= earlier.value
           )
       )"""  # noqa: S608  (no values)


SQLITE_RISE = {
    "study_looks_rise": _wrong_list("look_votes", "look.type = 'integer' AND look.value > 0"),
    "study_look_dates_rise": _wrong_list("look_dates", f"look.type = 'text' AND look.value GLOB '{MOMENT}'"),
}
SQLITE = (
    *(
        f"""CREATE TRIGGER IF NOT EXISTS {name} BEFORE UPDATE OF {", ".join(columns)} ON annotations_study
       WHEN {_plan_changes(columns, "IS NOT")}
       BEGIN SELECT RAISE(ABORT, '{name}'); END"""
        for name, columns in PLANS.items()
    ),
    *(
        f"""CREATE TRIGGER IF NOT EXISTS {name}_{when.split()[0].lower()} BEFORE {when} ON annotations_study
       WHEN {wrong}
       BEGIN SELECT RAISE(ABORT, '{name}'); END"""
        for name, wrong in SQLITE_RISE.items()
        for when in ("INSERT", f"UPDATE OF {'look_votes' if name == 'study_looks_rise' else 'look_dates'}")
    ),
)


def _refusal(name: str, body: str) -> str:
    return f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$
       BEGIN
           {body}
           RETURN NEW;
       END $$ LANGUAGE plpgsql"""


def _fixed(name: str, columns: tuple[str, ...]) -> tuple[str, str]:
    body = f"""IF {_plan_changes(columns, "IS DISTINCT FROM")} THEN
               RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';
           END IF;"""
    return (
        _refusal(name, body),
        f"""CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE OF {", ".join(columns)}
       ON annotations_study FOR EACH ROW EXECUTE FUNCTION {name}()""",
    )


def _rise(name: str, column: str, is_right: str, value: str) -> tuple[str, str]:
    """value: Of a look, as what it is compared by; read once the kinds are known to be right."""
    looks = f"jsonb_array_elements(NEW.{column}) WITH ORDINALITY"
    raised = f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation';"
    body = f"""IF NEW.{column} IS NULL THEN
               RETURN NEW;
           END IF;
           IF jsonb_typeof(NEW.{column}) <> 'array' THEN
               {raised}
           END IF;
           IF jsonb_array_length(NEW.{column}) NOT BETWEEN {LEAST} AND {MOST}
           OR EXISTS (SELECT 1 FROM {looks} look(value, place) WHERE NOT ({is_right})) THEN
               {raised}
           END IF;
           IF EXISTS (
               SELECT 1 FROM {looks} look(value, place) JOIN {looks} earlier(value, place)
               ON earlier.place = look.place - 1 WHERE {value.format("look")} <= {value.format("earlier")}
           ) THEN
               {raised}
           END IF;"""  # noqa: S608  (no values)
    return (
        _refusal(name, body),
        f"""CREATE OR REPLACE TRIGGER {name} BEFORE INSERT OR UPDATE OF {column}
       ON annotations_study FOR EACH ROW EXECUTE FUNCTION {name}()""",
    )


POSTGRESQL = (
    *(statement for name, columns in PLANS.items() for statement in _fixed(name, columns)),
    *_rise(
        "study_looks_rise",
        "look_votes",
        "jsonb_typeof(look.value) = 'number' AND look.value::text ~ '^[1-9][0-9]*$'",
        "({}.value)::numeric",
    ),
    *_rise(
        "study_look_dates_rise",
        "look_dates",
        f"jsonb_typeof(look.value) = 'string' AND (look.value #>> '{{}}') ~ '^{MOMENT}$'",
        """({}.value #>> '{{}}') COLLATE "C\"""",
    ),
)
RISE = ("study_looks_rise", "study_look_dates_rise")
TABLES = dict.fromkeys(
    (*PLANS, *RISE, *(f"{name}_{when}" for name in RISE for when in ("insert", "update"))), "annotations_study"
)
# Columns that a database migrated back to before them lacks, and the triggers that need them.
LATER_COLUMNS = {
    "look_votes": ("study_looks_are_fixed", "study_looks_rise"),
    "look_dates": ("study_look_dates_are_fixed", "study_look_dates_rise"),
}
