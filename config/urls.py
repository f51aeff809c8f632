"""The roots of the addresses this product answers."""

from importlib.util import find_spec

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from billing.admin.usage_shared import shared_usage
from config import health

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("shared/usage/<str:token>", shared_usage, name="shared_usage"),
    path("my/", include("billing.portal.urls")),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", health.measurements),
]

handler403, handler404, handler500 = (
    f"config.desk.faults.{name}" for name in ("refused", "missing", "failed")
)

for paths in settings.API_PATHS:
    if find_spec(paths.rpartition(".")[0]) and find_spec(paths):
        urlpatterns.append(path("api/v1/", include(paths)))
