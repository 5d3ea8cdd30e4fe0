"""The addresses of this stage."""

from django.urls import URLPattern, path

from ardoise.authority.restitution import views

app_name = "restitution"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
]
