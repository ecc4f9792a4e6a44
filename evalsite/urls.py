from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from evalsite.operations import views as operations
from evalsite.web import handbook, health, views

handler400 = "evalsite.web.views.bad_request"
handler403 = "evalsite.web.views.refused"
handler500 = "evalsite.web.views.fault"

urlpatterns = [
    # The first: whoever rates asks for these addresses twice a vote, and each is compared with all before it.
    path("", include("annotations.web.urls")),
    path("", views.home, name="home"),
    path("example/remove", views.remove_example, name="remove-example"),
    path("patterns/", views.patterns, name="patterns"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", operations.metrics, name="metrics"),
    path("operations/", operations.operations, name="operations"),
    path("operations/sweep", operations.sweep_now, name="sweep-now"),
    path("docs/", handbook.docs, name="docs"),
    path("docs/<path:path>", handbook.docs, name="docs"),
    path("language/", views.choose_language, name="set-language"),
    # One way to change a password: the one with the login's lock and the audit trail.
    path("admin/password_change/", RedirectView.as_view(pattern_name="change-password")),
    path("admin/", admin.site.urls),
    path("", include("evalsite.accounts.urls")),
    path("", include("models_runner.web.urls")),
    path("", include("marks.web.urls")),
    path("", include("judges.web.urls")),
    path("", include("protocol.web.urls")),
    path("", include("leaderboards.web.urls")),
    path("", include("api.web.urls")),
]
