from django.urls import path

from evalsite.accounts import administration, invited, logging_in, profile, provider

urlpatterns = [
    path("login/", logging_in.login, name="login"),
    path("login/provider/", provider.provider_login, name="provider-login"),
    path("login/provider/back", provider.provider_callback, name="provider-callback"),
    path("logout/", provider.Logout.as_view(), name="logout"),
    path("logout/done/", provider.logged_out, name="logged-out"),
    path("logout/provider/", provider.provider_logout, name="provider-logout"),
    path("password/", logging_in.forgotten_password, name="forgotten-password"),
    path("password/sent/", logging_in.link_sent, name="password-link-sent"),
    path("password/new/<uidb64>/<token>/", logging_in.new_password, name="new-password"),
    path("invited/", invited.accept_invitation, name="accept-invitation"),
    path("invited/<str:token>/", invited.invited, name="invited"),
    path("account/", profile.account, name="account"),
    path("account/password/", profile.change_password, name="change-password"),
    path("account/address/", profile.confirm_address, name="confirm-address"),
    path("account/address/cancel", profile.cancel_address, name="cancel-address"),
    path("account/address/<str:token>/", profile.new_address, name="new-address"),
    path("account/end-sessions", profile.end_sessions, name="end-sessions"),
    path("accounts/", administration.accounts, name="accounts"),
    path("accounts/invite", administration.invite_account, name="invite-account"),
    path("accounts/history/", administration.history, name="accounts-history"),
    path("accounts/invitations/<int:pk>/revoke", administration.revoke_invitation, name="revoke-account-invitation"),
    path("accounts/<int:pk>/", administration.one_account, name="one-account"),
    path("accounts/<int:pk>/role", administration.change_role, name="change-role"),
    path("accounts/<int:pk>/activity", administration.change_activity, name="change-activity"),
    path("accounts/<int:pk>/reset-link", administration.reset_link, name="reset-link"),
]
