"""The addresses of this stage."""

from django.urls import URLPattern, path

from ardoise.authority.accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern] = [
    path("connexion/", views.login, name="login"),
    path("deconnexion/", views.logout, name="logout"),
    path("mot-de-passe/", views.password, name="password"),
    path("enseignants/", views.team, name="team"),
    path("enseignants/<str:login>/classes/", views.teacher_classes, name="teacher_classes"),
    path("enseignants/<str:login>/mot-de-passe/", views.teacher_password, name="teacher_password"),
    path("enseignants/<str:login>/acces/", views.teacher_active, name="teacher_active"),
]
