from django.urls import path

from judges.web import views

urlpatterns = [
    path("judges/", views.judge_list, name="judges"),
    path("judges/new/", views.new_judge, name="new-judge"),
    path("studies/<slug:slug>/judges/", views.study_judges, name="study-judges"),
    path("studies/<slug:slug>/judges/ask", views.ask_judge, name="ask-judge"),
    path("studies/<slug:slug>/judges/<int:pk>/", views.study_judge, name="study-judge"),
    path("studies/<slug:slug>/judges/<int:pk>/change", views.change_judging, name="change-judging"),
]
