"""Settings that make tests cheap: pages render without collected files, and passwords are hashed quickly."""

from django.conf import settings


def plain_settings():
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    return {
        "STORAGES": settings.STORAGES | plain,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }
