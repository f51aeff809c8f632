"""What an operator can change is an environment variable; everything else is fixed here."""

import os
import secrets
import socket
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import logs, mail
from config.desk.unfold import UNFOLD as UNFOLD
from config.embedded.addresses import Addresses, data_folder, database_settings

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_folder()
ADDRESSES = Addresses.current(DATA_DIR)


def _secret_key() -> str:
    """The key given, else the one `make up` keeps in the data folder, else one for this process alone."""
    kept = DATA_DIR / "secret-key"
    return os.environ.get("SECRET_KEY") or (kept.read_text() if kept.exists() else secrets.token_urlsafe(50))


def _listed(name: str, default: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def _months_kept(said: str) -> int:
    """0, or 3 and more: usage may be dated 35 days back."""
    if not (said.isascii() and said.isdigit() and (int(said) == 0 or 3 <= int(said) <= 1200)):
        raise ImproperlyConfigured(f"EVENT_RETENTION_MONTHS is {said!r}: give 0, or 3 or more.")
    return int(said)


def _days_of_hours(said: str) -> int:
    """0, or 40 and more: late usage of 35 days falls into hours that are still there."""
    if not (said.isascii() and said.isdigit() and (int(said) == 0 or 40 <= int(said) <= 36500)):
        raise ImproperlyConfigured(f"USAGE_HOURS_KEPT_DAYS is {said!r}: give 0, or 40 or more.")
    return int(said)


def _one_of(name: str, said: str, allowed: tuple[str, ...]) -> str:
    if said not in allowed:
        raise ImproperlyConfigured(f"{name} is {said!r}: give one of {', '.join(allowed)}.")
    return said


def _port(name: str, said: str) -> int:
    """0: none."""
    if not (said.isascii() and said.isdigit() and int(said) <= 65535):
        raise ImproperlyConfigured(f"{name} is {said!r}: give a number from 1 to 65535, or leave it out.")
    return int(said)


def _is_on(name: str, said: str) -> bool:
    return _one_of(name, said, ("0", "1")) == "1"


SECRET_KEY = _secret_key()
# Former keys: they open what was signed or sealed before.
SECRET_KEY_FALLBACKS = _listed("SECRET_KEY_FALLBACKS", "")
DEBUG = False
ALLOWED_HOSTS = _listed("ALLOWED_HOSTS", f"localhost,127.0.0.1,[::1],{socket.gethostname()}")
CSRF_TRUSTED_ORIGINS = _listed("CSRF_TRUSTED_ORIGINS", "")
PROXIES_IN_FRONT = int(os.environ.get("PROXIES_IN_FRONT") or 0)

# Where a proxy in front ends TLS and says so in X-Forwarded-Proto, browsers get the admin by https alone.
HTTPS_ONLY = _is_on("HTTPS_ONLY", os.environ.get("HTTPS_ONLY") or "0")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS_ONLY else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS_ONLY else 0
# Whether other names below the domain are ready for that, and whether browsers should know it beforehand, is for
# whoever owns the domain to say, at the proxy.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

APPS = ("config.kernel", "config.desk", "wallets", "pricing", "usage", "billing", "config")
OUR_APPS = [name for name in APPS if (BASE_DIR / name.replace(".", "/") / "apps.py").exists()]

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.simple_history",
    "django.contrib.admin.apps.SimpleAdminConfig",  # the desks are found by config/urls.py: jobs need none
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "simple_history",
    "rest_framework",
    *OUR_APPS,
]

# Where an endpoint for traces is named, by the names that OpenTelemetry itself reads.
TRACING = bool(
    os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
)
FOLLOWED = ["config.logs.followed", *(["config.tracing.traced"] if TRACING else [])]

# Two handlers in one process, chosen by path in config/wsgi.py: the API's layers cost microseconds.
API_MIDDLEWARE = [
    *FOLLOWED,
    "config.metrics.measured",
    "config.security.strict",
    "config.http.middleware.Problems",
]

MIDDLEWARE = [
    *FOLLOWED,
    "config.security.of_the_admin",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "config.urls"
API_PATHS = ["usage.api.urls", "billing.api.urls"]  # what is served and described below /api/v1/
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The owner migrates (`manage.py` sets DATABASE_ROLE for the commands that need it); the app role runs everything else.
AS_OWNER_WANTED = os.environ.get("DATABASE_ROLE") == "owner"
DATABASES = {"default": database_settings(ADDRESSES.url_of("owner" if AS_OWNER_WANTED else "app"))}
DATABASE_APP_ROLE = database_settings(ADDRESSES.database_url)["USER"]
REDIS_URL = ADDRESSES.redis_url
WEB_URL = ADDRESSES.web_url
# Where customers reach it, in mails and links: without a slash at its end.
PUBLIC_URL = os.environ.get("PUBLIC_URL", "").rstrip("/")
# Hosts in networks of one's own that webhooks may lead to; any other host has to have a public address.
WEBHOOK_PRIVATE_HOSTS = frozenset(word.lower() for word in _listed("WEBHOOK_PRIVATE_HOSTS", ""))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_REVERT_DISABLED = True

# Mails are plain, and few. Without EMAIL_URL they are kept as files, and the admin says so.
_MAIL = mail.outgoing(os.environ.get("EMAIL_URL", ""))
EMAIL_FAULT, EMAIL_IS_SENT, EMAIL_BACKEND = _MAIL.fault, _MAIL.is_sent, _MAIL.backend
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.starts_tls, _MAIL.is_tls
EMAIL_TIMEOUT = mail.seconds(os.environ.get("EMAIL_TIMEOUT_SECONDS", "10"))
EMAIL_FILE_PATH = mail.folder_of(DATA_DIR)
EMAIL_FROM = os.environ.get("EMAIL_FROM", "")
DEFAULT_FROM_EMAIL = EMAIL_FROM or f"tokendesk@{socket.gethostname()}"

# A TrueType file of letters beyond Latin, Greek and Cyrillic ones, for the names on PDFs.
INVOICE_FONT = os.environ.get("INVOICE_FONT", "")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = "config.desk.formats"

STATIC_URL = "static/"
# Served straight from the apps' folders: nothing to build, nothing to go stale.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# A form of the admin at its largest: a rate file of 8 MiB, sent back from its dry run. The API has bounds of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a grid of 500 rates has 14 a row

# How many days back usage is kept by the hour, 40 or more; 0 keeps them all.
USAGE_HOURS_KEPT_DAYS = _days_of_hours(os.environ.get("USAGE_HOURS_KEPT_DAYS") or "400")
# How many whole months of raw usage events stay attached, 3 or more; 0 keeps them all.
EVENT_RETENTION_MONTHS = _months_kept(os.environ.get("EVENT_RETENTION_MONTHS") or "0")

LOGIN_REDIRECT_URL = "admin:index"
LOGIN_URL = "admin:login"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# What goes wrong is told on standard error, with its traceback; what was refused is told to whoever asked.
LOGGING = logs.settings_for(
    _one_of("LOG_FORMAT", os.environ.get("LOG_FORMAT") or "lines", logs.FORMATS),
    _one_of("LOG_LEVEL", os.environ.get("LOG_LEVEL") or "WARNING", logs.LEVELS),
)
# Where a process that does jobs tells what it counted; a web process does so at /metrics.
METRICS_PORT = _port("METRICS_PORT", os.environ.get("METRICS_PORT") or "0")
METRICS_HOST = os.environ.get("HOST") or "127.0.0.1"

REST_FRAMEWORK: dict[str, Any] = {
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
}
