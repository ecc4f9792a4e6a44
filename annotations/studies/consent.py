"""What annotators of a study agree to: versions of a text, and who has agreed to the one that counts."""

from django.contrib.auth.models import User
from django.db import transaction

from annotations.models import Annotator, AuditEntry, Consent, ConsentText, Study
from annotations.studies import audit


def current_consent(study: Study) -> ConsentText | None:
    """Return the text that annotators agree to before they are given a pair; None if there is none."""
    if not study.consent_version:
        return None
    return study.consent_texts.get(version=study.consent_version)


@transaction.atomic
def set_consent_text(study: Study, text: str, by: User | None) -> bool:
    """Make this the text that counts, and return whether that is a change; "" asks for no consent any more.

    Another text is a new version: everybody is asked again before their next pair.
    """
    text = text.strip()
    before = Study.objects.select_for_update().get(pk=study.pk)
    current = current_consent(before)
    if text == (current.text if current else ""):
        return False
    version = 0
    if text:
        version = study.consent_texts.count() + 1
        ConsentText.objects.create(study=study, version=version, text=text)
    Study.objects.filter(pk=study.pk).update(consent_version=version)
    study.consent_version = version
    audit.record(study, by, AuditEntry.Action.SETTING, "consent version", before=before.consent_version, after=version)
    return True


def lacks_consent(annotator: Annotator) -> bool:
    """Return True while the annotator has not agreed to the text that counts; a trigger refuses them any pair."""
    version = annotator.study.consent_version
    if not version or annotator.imported:
        return False
    return not Consent.objects.filter(annotator=annotator, text__version=version).exists()


def give_consent(annotator: Annotator, version: int) -> bool:
    """Note that the annotator agrees to this version; False if another one counts meanwhile."""
    current = current_consent(Study.objects.get(pk=annotator.study_id))
    if current is None or current.version != version:
        return False
    Consent.objects.get_or_create(annotator=annotator, text=current)
    return True
