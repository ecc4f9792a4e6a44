from django.urls import path

from protocol.web import views

urlpatterns = [
    path("protocols/new/", views.new_from_protocol, name="new-from-protocol"),
    path("studies/<slug:slug>/protocol/", views.study_protocol, name="study-protocol"),
    path("studies/<slug:slug>/protocol/record", views.record, name="record-protocol"),
    path("studies/<slug:slug>/protocol.yaml", views.protocol_file, name="protocol-file"),
]
