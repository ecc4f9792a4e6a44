"""A page and a metric that fail with somebody's words in their hands, for tests of what is reported of it.

The web server runs tests.services.failing:application, the worker loads tests.services.failing.
"""

from functools import cache

from django.conf import settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from models_runner.metrics.protocol import ValueDescription
from models_runner.metrics.registry import OWN_METRICS

PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"


class FailingMetric:
    key = "bertscore"
    values = (ValueDescription("bertscore", "Fails", "", "A metric that always fails."),)

    def signature(self, language):
        return "bertscore|failing"

    def score(self, requests):
        transcript, summary = requests[0].transcript, requests[0].summary
        raise ValueError(f"cannot score {summary} of {transcript}")


# In place of one that loads weights.
OWN_METRICS["bertscore"] = "tests.services.failing.FailingMetric"


@csrf_exempt
def fail(request, token):
    password, cookie = request.POST["password"], request.headers["Cookie"]
    raise ValueError(f"nobody may read {password}, {cookie} and {token}")


@cache
def site():
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": PLAIN}}  # nothing is collected here
    from evalsite import wsgi  # loads the apps, which the addresses need

    from evalsite import urls  # isort: skip

    urls.urlpatterns.insert(0, path("resume/<str:token>/fail", fail, name="fail"))
    return wsgi.application


def application(environ, start_response):
    return site()(environ, start_response)
