from django.urls import path

from models_runner.web.views import changed_system, datasets, finetuning, importing, new_system, runs, systems

urlpatterns = [
    path("datasets/", datasets.dataset_list, name="datasets"),
    path("datasets/<slug:name>/", datasets.dataset_detail, name="dataset"),
    path("datasets/<slug:name>/rename/", datasets.dataset_rename, name="dataset_rename"),
    path("datasets/<slug:name>/delete/", datasets.dataset_delete, name="dataset_delete"),
    path("import-meetings/", importing.import_meetings, name="import_meetings"),
    path("import-meetings/<uuid:public_id>/", importing.import_draft, name="import_draft"),
    path("documents/<int:pk>/", datasets.document_detail, name="document"),
    path("documents/<int:pk>/delete/", datasets.document_delete, name="document_delete"),
    path("new-system/", new_system.new_system, name="new_system"),
    path("new-system/trials/<int:pk>/", new_system.trial_detail, name="trial"),
    path("systems/", systems.system_list, name="systems"),
    path("systems/<slug:slug>/", systems.system_detail, name="system"),
    path("systems/<slug:slug>/change/", changed_system.change_system, name="system_change"),
    path("systems/<slug:slug>/delete/", systems.system_delete, name="system_delete"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/<int:pk>/", runs.run_detail, name="run"),
    path("summaries/<int:pk>/", runs.summary_detail, name="summary"),
    path("runs/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/resume/", runs.run_resume, name="run_resume"),
    path("runs/<int:pk>/first/", runs.run_first, name="run_first"),
    path("runs/<int:pk>/retry/", runs.run_retry, name="run_retry"),
    path("runs/<int:pk>/scores/", runs.run_scores, name="run_scores"),
    path("fine-tuning/", finetuning.finetuning_list, name="finetunings"),
    path("fine-tuning/<slug:name>/", finetuning.finetuning_detail, name="finetuning"),
    path("fine-tuning/<slug:name>/cancel/", finetuning.finetuning_cancel, name="finetuning_cancel"),
    path("fine-tuning/<slug:name>/resume/", finetuning.finetuning_resume, name="finetuning_resume"),
]
