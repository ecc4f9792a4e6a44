from django.urls import path

from marks.web import gold, importing, kinds, views

urlpatterns = [
    path("rate/<uuid:public_id>/marks/add", views.add_mark, name="add-mark"),
    path("rate/<uuid:public_id>/marks/take-back", views.take_back_mark, name="take-back-mark"),
    path("rate/<uuid:public_id>/marks/none", views.no_error_to_mark, name="no-error-to-mark"),
    path("rate/<uuid:public_id>/marks/read", views.read_for_errors, name="read-for-errors"),
    path("studies/<slug:slug>/marks/import", importing.import_marks_page, name="import-marks"),
    path("studies/<slug:slug>/mark-kinds/", kinds.mark_kinds, name="mark-kinds"),
    path("studies/<slug:slug>/gold/<int:pk>/marks", gold.expected_marks, name="gold-marks"),
]
