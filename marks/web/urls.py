from django.urls import path

from marks.web import views

urlpatterns = [
    path("rate/<uuid:public_id>/marks/add", views.add_mark, name="add-mark"),
    path("rate/<uuid:public_id>/marks/take-back", views.take_back_mark, name="take-back-mark"),
    path("rate/<uuid:public_id>/marks/read", views.read_for_errors, name="read-for-errors"),
]
