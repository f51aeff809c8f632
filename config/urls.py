"""The roots of the addresses this product answers."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]

if find_spec("usage") and find_spec("usage.api") and find_spec("usage.api.urls"):
    urlpatterns.append(path("api/v1/", include("usage.api.urls")))
