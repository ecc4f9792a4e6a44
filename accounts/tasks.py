"""Celery tasks: each calls one service. A lost message costs a mail that can be asked for again."""

from celery import Task, shared_task
from django.contrib.auth.models import User

from accounts.mail import MailError
from accounts.passwords import mail_reset_link


@shared_task(
    bind=True, autoretry_for=(MailError,), retry_backoff=True, max_retries=5, name="accounts.tasks.send_reset_link"
)
def send_reset_link(self: Task, user_id: int) -> str:
    """Mail a link for a new password. The link is made here, so that no message holds it."""
    user = User.objects.select_related("account").filter(pk=user_id, is_active=True).exclude(email="").first()
    if user is None:
        return "no such account"
    mail_reset_link(user)
    return "sent"
