from django.urls import path

from judges.web import dataset_views, views

urlpatterns = [
    path("judges/", views.judge_list, name="judges"),
    path("judges/new/", views.new_judge, name="new-judge"),
    path("datasets/<slug:name>/judges/", dataset_views.dataset_judges, name="dataset-judges"),
    path("datasets/<slug:name>/judges/ask", dataset_views.ask_dataset_judge, name="ask-dataset-judge"),
    path("datasets/<slug:name>/judges/<int:pk>/", dataset_views.dataset_judge, name="dataset-judge"),
    path(
        "datasets/<slug:name>/judges/<int:pk>/change",
        dataset_views.change_dataset_judging,
        name="change-dataset-judging",
    ),
    path("studies/<slug:slug>/judges/", views.study_judges, name="study-judges"),
    path("studies/<slug:slug>/judges/ask", views.ask_judge, name="ask-judge"),
    path("studies/<slug:slug>/judges/direct", views.direct_people, name="direct-people"),
    path("studies/<slug:slug>/judges/<int:pk>/", views.study_judge, name="study-judge"),
    path("studies/<slug:slug>/judges/<int:pk>/change", views.change_judging, name="change-judging"),
]
