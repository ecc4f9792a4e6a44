from django.urls import path

from leaderboards.web import converters  # noqa: F401  (registers <version:…>)
from leaderboards.web.views import releases as views

urlpatterns = [
    path("boards/<slug:slug>/exports/", views.exports, name="exports"),
    path("boards/<slug:slug>/exports/new", views.start_export, name="start-export"),
    path("exports/<uuid:public_id>/", views.export_file, name="export-file"),
    path("exports/<uuid:public_id>/retry", views.retry_export, name="retry-export"),
    path("boards/<slug:slug>/releases/", views.study_releases, name="study-releases"),
    path("boards/<slug:slug>/releases/new", views.make_release, name="make-release"),
    path("releases/", views.releases, name="releases"),
    path("releases/<slug:slug>/<version:version>/", views.release, name="release"),
    path("releases/<slug:slug>/<version:version>/zip", views.release_zip, name="release-zip"),
    path("releases/<slug:slug>/<version:version>/files/<path:name>", views.release_file, name="release-file"),
    path("releases/<slug:slug>/<version:version>/retry", views.retry_release, name="retry-release"),
    path("releases/<slug:slug>/<version:version>/publish", views.publish_release, name="publish-release"),
    path("releases/<slug:slug>/<version:version>/doi", views.set_doi, name="set-doi"),
    path("releases/<slug:slug>/<version:version>/delete", views.delete_release, name="delete-release"),
]
