from django.urls import path

from annotations import views_people, views_preview, views_quality, views_rating, views_studies

urlpatterns = [
    path("join/<str:token>/", views_rating.join, name="join"),
    path("resume/<str:token>/", views_rating.resume, name="resume"),
    path("rate/<uuid:public_id>/", views_rating.rate, name="rate"),
    path("rate/<uuid:public_id>/vote", views_rating.vote, name="vote"),
    path("rate/<uuid:public_id>/remark", views_rating.remark, name="remark"),
    path("rate/<uuid:public_id>/undo", views_rating.undo_last, name="undo"),
    path("rate/<uuid:public_id>/next", views_rating.upcoming, name="next"),
    path("rate/<uuid:public_id>/hold", views_rating.hold, name="hold"),
    path("rate/<uuid:public_id>/my-data", views_rating.my_data, name="my-data"),
    path("rate/<uuid:public_id>/erase-me", views_rating.erase_me, name="erase-me"),
    path("rate/<uuid:public_id>/leave", views_rating.leave_study, name="leave-study"),
    path("studies/", views_studies.studies, name="studies"),
    path("studies/new/", views_studies.new_study, name="new-study"),
    path("studies/<slug:slug>/", views_studies.study, name="study"),
    path("studies/<slug:slug>/status", views_studies.change_status, name="change-study-status"),
    path("studies/<slug:slug>/settings/", views_studies.settings, name="study-settings"),
    path("studies/<slug:slug>/preview/", views_preview.preview, name="preview"),
    path("studies/<slug:slug>/preview/answer", views_preview.answer, name="preview-answer"),
    path("studies/<slug:slug>/history/", views_studies.history, name="study-history"),
    path("studies/<slug:slug>/quality/", views_quality.quality, name="study-quality"),
    path("studies/<slug:slug>/disagreements/", views_quality.disagreement, name="disagreements"),
    path("studies/<slug:slug>/annotators/<int:number>/exclusion", views_quality.change_exclusion, name="exclusion"),
    path("studies/<slug:slug>/people/", views_people.people, name="study-people"),
    path("studies/<slug:slug>/people/members", views_people.add_member, name="add-member"),
    path("studies/<slug:slug>/people/members/<int:pk>/remove", views_people.remove_member, name="remove-member"),
    path("studies/<slug:slug>/people/invitations", views_people.invite, name="invite"),
    path("studies/<slug:slug>/people/invitations.csv", views_people.invitations_csv, name="invitations-csv"),
    path("studies/<slug:slug>/people/invitations/<uuid:public_id>/revoke", views_people.revoke, name="revoke"),
]
