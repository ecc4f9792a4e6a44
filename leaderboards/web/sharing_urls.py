from django.urls import path

from leaderboards.web.views import shared, sharing

urlpatterns = [
    path("boards/<slug:slug>/sharing/", sharing.sharing, name="sharing"),
    path("boards/<slug:slug>/sharing/<int:pk>/revoke", sharing.revoke_shared_link, name="revoke-shared-link"),
    path("boards/<slug:slug>/sharing/public", sharing.change_public, name="change-public"),
    path("shared/<slug:key>/", shared.shared, name="shared"),
    path("public/", shared.public_boards, name="public-boards"),
]
for name, view in shared.SHARED.items():
    place = "report.pdf" if name == "report-pdf" else f"{name}/"
    urlpatterns += [
        path(f"shared/<slug:key>/{place}", view, name=f"shared-{name}"),
        path(f"public/<slug:key>/{place}", shared.IN_PUBLIC[name], name=f"public-{name}"),
    ]
