from django.urls import include, path

from leaderboards import views, views_charts, views_small_large, views_trust

urlpatterns = [
    path("", include("leaderboards.urls_releases")),
    path("boards/<slug:slug>/", views.board, name="board"),
    path("boards/<slug:slug>/status/", views.board_status, name="board-status"),
    path("boards/<slug:slug>/wins/", views.board_wins, name="board-wins"),
    path("boards/<slug:slug>/board.json", views.board_json, name="board-json"),
    path("boards/<slug:slug>/board.<slug:ending>", views.board_table, name="board-table"),
    path("boards/<slug:slug>/ratings.<slug:file_format>", views.board_ratings, name="board-ratings"),
    path("boards/<slug:slug>/figures/", views_charts.figures, name="figures"),
    path("boards/<slug:slug>/figures/<slug:name>.<slug:ending>", views_charts.figure, name="figure"),
    path("boards/<slug:slug>/small-versus-large/", views_small_large.small_versus_large, name="small-versus-large"),
    path("boards/<slug:slug>/planning/", views_small_large.planning, name="planning"),
    path("boards/<slug:slug>/trust/", views_trust.trust, name="trust"),
    path("boards/<slug:slug>/trust/trust.json", views_trust.trust_json, name="trust-json"),
    path("boards/<slug:slug>/trust/votes/", views_trust.trust_votes, name="trust-votes"),
    path("boards/<slug:slug>/combined/", views_trust.combined, name="combined"),
    path("boards/<slug:slug>/combined/combined.json", views_trust.combined_json, name="combined-json"),
]
