"""The addresses of this stage."""

from django.urls import URLPattern

app_name = "accounts"
urlpatterns: list[URLPattern] = []
