"""Accounts, logging in, mail."""

from django.core.exceptions import ImproperlyConfigured

from evalsite.settings.environment import env

# Nobody logs in through the last one: sessions that it began go on.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.AccountBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
# The organisation's login by OpenID Connect: the provider's address, without /.well-known; empty: there is none.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="punchweight")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME = env.str("OIDC_NAME", default="your organisation")
OIDC_SCOPES = env.str("OIDC_SCOPES", default="openid profile email")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", default="groups")
# Roles by group, "evaluators=researcher,it=administrator"; empty: roles are given on the page Accounts.
OIDC_ROLES = env.dict("OIDC_ROLES", default={})
OIDC_LINK_BY_EMAIL = env.bool("OIDC_LINK_BY_EMAIL", default=False)
# Roles whose accounts need a second factor beside the password: "administrator,lead". Others may have one.
REQUIRE_TWO_FACTOR = env.list("REQUIRE_TWO_FACTOR", default=[])
ROLES = {"administrator", "lead", "researcher", "member"}
if unknown := set(REQUIRE_TWO_FACTOR) - ROLES:
    raise ImproperlyConfigured(
        f"REQUIRE_TWO_FACTOR names {sorted(unknown)[0]!r}; expected administrator, lead, researcher or member."
    )
if unknown := set(OIDC_ROLES.values()) - ROLES:
    raise ImproperlyConfigured(
        f"OIDC_ROLES gives the role {sorted(unknown)[0]!r}; expected administrator, lead, researcher or member."
    )

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
# Besides, in the same time: failed logins from one address as anybody, and as one name from anywhere.
LOGIN_FAILURES_PER_ADDRESS = env.int("LOGIN_FAILURES_PER_ADDRESS", default=50)
LOGIN_FAILURES_PER_NAME = env.int("LOGIN_FAILURES_PER_NAME", default=200)
# In the same time too: people without an account who join studies from one address. A class has room; a script has not.
JOINS_PER_ADDRESS = env.int("JOINS_PER_ADDRESS", default=50)
AXES_CLIENT_IP_CALLABLE = "accounts.throttle.address_of"
AXES_USERNAME_CALLABLE = "accounts.throttle.name_tried"
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
# Fields that the record of a failed attempt leaves out.
AXES_SENSITIVE_PARAMETERS = [
    "username",
    "ip_address",
    "old_password",
    "new_password1",
    "new_password2",
    "password1",
    "password2",
]
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
# Shown to who cannot log in.
CONTACT = env.str("CONTACT", default="")

# ---- mail

MAIL_CONFIGURED = bool(env.str("EMAIL_URL", default=""))
if MAIL_CONFIGURED:
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="punchweight@localhost")
