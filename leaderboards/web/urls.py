from django.urls import include, path

from leaderboards.web.views import boards, charts, errors, report, small_large, trust

urlpatterns = [
    path("", include("leaderboards.web.release_urls")),
    path("", include("leaderboards.web.sharing_urls")),
    path("boards/<slug:slug>/", boards.board, name="board"),
    path("boards/<slug:slug>/status/", boards.board_status, name="board-status"),
    path("boards/<slug:slug>/differences/", boards.board_differences, name="board-differences"),
    path("boards/<slug:slug>/wins/", boards.board_wins, name="board-wins"),
    path("boards/<slug:slug>/board.json", boards.board_json, name="board-json"),
    path("boards/<slug:slug>/board.<slug:ending>", boards.board_table, name="board-table"),
    path("boards/<slug:slug>/ratings.<slug:file_format>", boards.board_ratings, name="board-ratings"),
    path("boards/<slug:slug>/report/", report.report, name="report"),
    path("boards/<slug:slug>/report.pdf", report.report_pdf, name="report-pdf"),
    path("boards/<slug:slug>/figures/", charts.figures, name="figures"),
    path("boards/<slug:slug>/figures/<slug:name>.<slug:ending>", charts.figure, name="figure"),
    path("boards/<slug:slug>/small-versus-large/", small_large.small_versus_large, name="small-versus-large"),
    path("boards/<slug:slug>/errors/", errors.why_it_loses, name="errors"),
    path("boards/<slug:slug>/errors/errors.json", errors.errors_json, name="errors-json"),
    path("boards/<slug:slug>/planning/", small_large.planning, name="planning"),
    path("boards/<slug:slug>/looks.<slug:file_format>", small_large.looks_file, name="looks-file"),
    path("boards/<slug:slug>/trust/", trust.trust, name="trust"),
    path("boards/<slug:slug>/trust/trust.json", trust.trust_json, name="trust-json"),
    path("boards/<slug:slug>/trust/votes/", trust.trust_votes, name="trust-votes"),
    path("boards/<slug:slug>/combined/", trust.combined, name="combined"),
    path("boards/<slug:slug>/combined/combined.json", trust.combined_json, name="combined-json"),
]
