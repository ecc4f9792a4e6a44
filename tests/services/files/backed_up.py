"""Run in a process of its own, with DATABASE_URL and DATA_DIR: a site that is filled, backed up, restored, looked at.

The steps come as JSON, as does what each says: a process for each would take most of the test's time.
"""

import io
import json
import sys

import django

django.setup()

from django.core.management import CommandError, call_command  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from tests.plain import plain_settings  # noqa: E402


def fill():
    call_command("migrate", verbosity=0, interactive=False)
    from annotations.models import Judgement
    from annotations.people.joining import join
    from annotations.people.links import invitation_path, personal_path
    from leaderboards.releases import publishing
    from tests.factories import UserFactory
    from tests.leaderboards.helpers import make_rated_study

    study = make_rated_study(systems=3, documents=2)
    draft = publishing.create_draft(study, publishing.Draft(), None)
    publishing.publish(publishing.write_files(draft))
    UserFactory(username="owner", is_superuser=True).save()
    return {
        "votes": Judgement.objects.count(),
        "pages": [invitation_path(study), personal_path(join(study))],
        "file": f"/studies/{study.slug}/releases/{draft.version}/",
        "sha256": draft.sha256,
    }


def look(told):
    from django.contrib.auth.models import User

    from annotations.models import Judgement
    from leaderboards.models.releases import Release
    from leaderboards.releases import publishing
    from leaderboards.releases.build import file_sha256, zip_of

    release = Release.objects.get()
    assert file_sha256(zip_of(release)) == told["sha256"] == release.sha256
    assert publishing.changed_files(release) == []
    assert Judgement.objects.count() == told["votes"] > 0
    for path in told["pages"]:
        answer = Client().get(path, follow=True)
        assert answer.status_code == 200, (path, answer.status_code)
    user = User.objects.get(username="owner")
    User.objects.create(username="later")  # keys go on after those that were restored
    client = Client()
    client.force_login(user)
    return {"rows": call_rows(), "join": client.get(told["pages"][0]).status_code}


def call_rows():
    from evalsite.backup.rows import write_rows

    return write_rows(io.BytesIO())


def command(*words):
    """What the command prints, or why it refused."""
    out = io.StringIO()
    try:
        call_command(*words, stdout=out)
    except CommandError as error:
        return {"refused": str(error)}
    return {"said": out.getvalue()}


STEPS = {"fill": fill, "look": look, "command": command}

if __name__ == "__main__":
    setup_test_environment()
    with override_settings(**plain_settings()):
        print(json.dumps([STEPS[name](*arguments) for name, *arguments in json.loads(sys.argv[1])]))
