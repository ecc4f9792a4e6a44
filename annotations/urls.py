from django.urls import path

from annotations import views_rating, views_studies

urlpatterns = [
    path("join/<str:token>/", views_rating.join, name="join"),
    path("resume/<str:token>/", views_rating.resume, name="resume"),
    path("rate/<uuid:public_id>/", views_rating.rate, name="rate"),
    path("rate/<uuid:public_id>/vote", views_rating.vote, name="vote"),
    path("rate/<uuid:public_id>/leave", views_rating.leave_study, name="leave-study"),
    path("studies/", views_studies.studies, name="studies"),
    path("studies/new/", views_studies.new_study, name="new-study"),
    path("studies/<slug:slug>/", views_studies.study, name="study"),
    path("studies/<slug:slug>/status", views_studies.change_status, name="change-study-status"),
]
