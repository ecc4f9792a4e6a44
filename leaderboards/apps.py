from django.apps import AppConfig


class LeaderboardsConfig(AppConfig):
    name = "leaderboards"
    verbose_name = "Leaderboards"

    def ready(self) -> None:
        from leaderboards import refreshing
        from models_runner.signals import swept

        swept.connect(refreshing.sweep)
