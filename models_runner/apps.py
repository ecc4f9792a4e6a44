from django.apps import AppConfig


class ModelsRunnerConfig(AppConfig):
    name = "models_runner"
    verbose_name = "Datasets, systems, runs and metrics"

    def ready(self) -> None:
        from jobs.registry import register_job, register_sweep
        from models_runner import checks  # noqa: F401 (registers them)
        from models_runner.adapters.openai_api.turns import use_turns
        from models_runner.importing.staging import sweep_staged
        from models_runner.models import FineTuning, ImportJob, ProviderBatch, ScoringJob, Trial
        from models_runner.runs.asking.limits import take_turn
        from models_runner.runs.sweeping import sweep_runs

        use_turns(take_turn)
        register_sweep("runs", sweep_runs)
        register_sweep("staged imports", sweep_staged)
        register_job(ProviderBatch)
        register_job(ScoringJob)
        register_job(FineTuning)
        register_job(Trial)
        register_job(ImportJob)
