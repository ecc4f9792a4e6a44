from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.gold import items
from annotations.gold.attention_checks import add_attention_checks
from annotations.gold.results import control_items
from annotations.models import Comparison, ControlItem, Purpose, Study
from annotations.studies.settings import change_settings
from annotations.studies.setup import StudySetupError


def expected(answers: list[str]) -> dict[str, list[str]]:
    """Parse --expect: overall=a,tie for each question."""
    expected_answers = {}
    for answer in answers:
        key, equals, outcomes = answer.partition("=")
        if not equals:
            raise CommandError(f"--expect {answer!r} says no answer. Expected for example overall=a or overall=a,tie.")
        expected_answers[key.strip()] = [outcome.strip() for outcome in outcomes.split(",") if outcome.strip()]
    return expected_answers


class Command(BaseCommand):
    help = "Gold and training items of a study: list them; make, remove or switch them off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--attention", type=int, metavar="N", help="Create N attention checks.")
        what.add_argument("--pair", type=int, metavar="PAIR", help="Make this pair gold or training; see --expect.")
        what.add_argument(
            "--remove", type=int, metavar="PAIR", help="Return a pair that nobody answered to the rating pairs."
        )
        what.add_argument("--switch-off", type=int, metavar="PAIR", help="Stop giving this pair out.")
        what.add_argument("--switch-on", type=int, metavar="PAIR")
        what.add_argument("--every", type=int, metavar="N", help="One gold item in N pairs; 0 for none.")
        parser.add_argument("--training", action="store_true", help="For training, not gold.")
        parser.add_argument(
            "--expect",
            action="append",
            default=[],
            metavar="QUESTION=ANSWERS",
            help="Right answers of a question: a, b, tie, both_bad, with commas between. Once for each question.",
        )
        parser.add_argument("--questions", default="", help="Attention checks: where the right summary must win.")
        parser.add_argument("--explanation", default="", help="Training: shown after the answer; {A}, {B}: the texts.")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study {options['study']!r}.")
        try:
            self._change(study, options)
        except (items.ControlItemError, StudySetupError) as error:
            raise CommandError(str(error)) from error
        study.refresh_from_db()
        self._list(study)

    def _change(self, study: Study, options: dict[str, Any]) -> None:
        purpose = Purpose.TRAINING if options["training"] else Purpose.GOLD
        if options["attention"] is not None:
            questions = [key.strip() for key in options["questions"].split(",") if key.strip()]
            add_attention_checks(study, options["attention"], purpose, None, questions=questions)
        elif options["pair"] is not None:
            answers = items.ControlItemSpec(purpose, expected(options["expect"]), options["explanation"])
            items.make_control_item(self._comparison(study, options["pair"]), answers, None)
        elif options["remove"] is not None:
            items.remove(self._pair(study, options["remove"]), None)
        elif options["switch_off"] is not None:
            items.switch(self._pair(study, options["switch_off"]), on=False, by=None)
        elif options["switch_on"] is not None:
            items.switch(self._pair(study, options["switch_on"]), on=True, by=None)
        elif options["every"] is not None:
            change_settings(study, {"gold_every": options["every"]}, None)

    def _comparison(self, study: Study, pk: int) -> Comparison:
        comparison = study.comparisons.filter(pk=pk).first()
        if comparison is None:
            raise CommandError(f"Study {study.slug} has no pair {pk}. The page “Gold and training” lists its pairs.")
        return comparison

    def _pair(self, study: Study, pk: int) -> ControlItem:
        pair = ControlItem.objects.filter(comparison=self._comparison(study, pk)).first()
        if pair is None:
            raise CommandError(f"Pair {pk} is neither gold nor training.")
        return pair

    def _list(self, study: Study) -> None:
        rule = f"one gold item in {study.gold_every} pairs" if study.gold_every else "no gold is given out (--every N)"
        self.stdout.write(f"Study {study.slug}: {rule}.")
        for row in control_items(study):
            comparison, off = row.pair.comparison, " · switched off" if row.pair.switched_off_at else ""
            what = f"{comparison.purpose}{' (attention check)' if row.pair.attention else ''}"
            self.stdout.write(
                f"  pair {comparison.pk} of {comparison.document.external_id}: {what}, expected {row.expected}; "
                f"as expected {row.right.hits} of {row.right.n}{off}{' · most people miss it' if row.bad else ''}"
            )
