from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate, post_save, pre_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from django.contrib.auth.models import User

        from accounts.models.triggers import drop_triggers, ensure_triggers
        from accounts.roles import ensure_account
        from accounts.sessions import forget_expired_sessions, mark_session
        from accounts.throttle import forget_old_attempts
        from jobs.registry import register_sweep

        register_sweep("expired sessions", forget_expired_sessions)
        register_sweep("old attempts", forget_old_attempts)
        post_save.connect(ensure_account, sender=User)
        user_logged_in.connect(mark_session)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(ensure_triggers, sender=self)
