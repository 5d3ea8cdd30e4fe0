"""Django's settings, from one folder: `authority.key`, `authority.sqlite3`, `authority.toml`.

`authority.toml` is optional: `hosts`, `delivery_url`, `secure` (behind TLS), `time_zone`.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

from ardoise.authority import HOME_VARIABLE
from ardoise.authority.keyring import FILE_NAME, KeyRing

if HOME_VARIABLE not in os.environ:
    raise RuntimeError(f"{HOME_VARIABLE} must name the authority's folder")
HOME = Path(os.environ[HOME_VARIABLE])
KEYRING = KeyRing(HOME / FILE_NAME)
_config = HOME / "authority.toml"
CONFIG: dict[str, Any] = tomllib.loads(_config.read_text()) if _config.exists() else {}
_package = Path(__file__).parent

DELIVERY_URL: str = CONFIG.get("delivery_url", "http://127.0.0.1:8001")
"""Where the authority calls delivery, and what the cards print."""
DELIVERY_PUBLIC_URL: str = CONFIG.get("delivery_public_url", DELIVERY_URL)
DELIVERY_CA: str | None = CONFIG.get("delivery_ca")
"""A file of certificates to trust for delivery, if not the system's."""

SECRET_KEY = KEYRING.web_secret()
DEBUG = False
ALLOWED_HOSTS: list[str] = CONFIG.get("hosts", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = CONFIG.get("origins", [])
_secure: bool = CONFIG.get("secure", False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ardoise.authority.campaigns",
    "ardoise.authority.registry",
    "ardoise.authority.accounts",
    "ardoise.authority.linkage",
    "ardoise.authority.enrolment",
    "ardoise.authority.collection",
    "ardoise.authority.marking",
    "ardoise.authority.restitution",
    "ardoise.authority.statistics",
    "ardoise.authority.release",
    "ardoise.authority.closure",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ardoise.authority.web.headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "ardoise.authority.urls"
WSGI_APPLICATION = "ardoise.authority.web.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_package / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "ardoise.authority.database",
        "NAME": HOME / "authority.sqlite3",
        "OPTIONS": {
            "key": KEYRING.database_key(),
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
        },
        "TEST": {"NAME": HOME / "test.sqlite3"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Staff"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "restitution:home"
LOGOUT_REDIRECT_URL = "accounts:login"
SESSION_COOKIE_AGE = 4 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_NAME = "ardoise_session"
CSRF_COOKIE_NAME = "ardoise_csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# A roll holds names: an upload stays in memory, whatever its size, and is bounded.
FILE_UPLOAD_HANDLERS = ["ardoise.authority.web.BoundedMemoryUpload"]
UPLOAD_LIMIT = 64 << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 50

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [_package / "locale"]
TIME_ZONE: str = CONFIG.get("time_zone", "Europe/Paris")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = None  # whitenoise serves the package's own files
STATICFILES_DIRS = [_package / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

# Errors say what went wrong and where in the code, never what was being handled.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "ardoise.authority.web.QuietFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "ardoise": {"level": "INFO"},
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
