from django.urls import path

from api.site import api
from api.web import views

urlpatterns = [
    path("api/docs", views.docs, name="api-docs"),
    path("api/openapi.json", views.openapi, name="api-openapi"),
    path("tokens/", views.tokens, name="api-tokens"),
    path("tokens/<int:pk>/revoke", views.revoke_own_token, name="revoke-api-token"),
    path("api/v1/", api.urls),
]
