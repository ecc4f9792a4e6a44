from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from evalsite import views

urlpatterns = [
    path("", views.home, name="home"),
    path("patterns/", views.patterns, name="patterns"),
    path("healthz", views.healthz, name="healthz"),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("", include("models_runner.urls")),
    path("", include("annotations.urls")),
    path("", include("leaderboards.urls")),
]
