from django.urls import path

from leaderboards import views

urlpatterns = [
    path("boards/<slug:slug>/", views.board, name="board"),
    path("boards/<slug:slug>/status/", views.board_status, name="board-status"),
    path("boards/<slug:slug>/board.json", views.board_json, name="board-json"),
    path("boards/<slug:slug>/board.<slug:ending>", views.board_table, name="board-table"),
    path("boards/<slug:slug>/ratings.<slug:file_format>", views.board_ratings, name="board-ratings"),
]
