from django.urls import path

from models_runner.web import views, views_finetuning

urlpatterns = [
    path("datasets/", views.dataset_list, name="datasets"),
    path("datasets/<slug:name>/", views.dataset_detail, name="dataset"),
    path("documents/<int:pk>/", views.document_detail, name="document"),
    path("systems/", views.system_list, name="systems"),
    path("systems/<slug:slug>/", views.system_detail, name="system"),
    path("runs/", views.run_list, name="runs"),
    path("runs/<int:pk>/", views.run_detail, name="run"),
    path("summaries/<int:pk>/", views.summary_detail, name="summary"),
    path("runs/<int:pk>/cancel/", views.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/resume/", views.run_resume, name="run_resume"),
    path("runs/<int:pk>/retry/", views.run_retry, name="run_retry"),
    path("fine-tuning/", views_finetuning.finetuning_list, name="finetunings"),
    path("fine-tuning/<slug:name>/", views_finetuning.finetuning_detail, name="finetuning"),
    path("fine-tuning/<slug:name>/cancel/", views_finetuning.finetuning_cancel, name="finetuning_cancel"),
    path("fine-tuning/<slug:name>/resume/", views_finetuning.finetuning_resume, name="finetuning_resume"),
]
