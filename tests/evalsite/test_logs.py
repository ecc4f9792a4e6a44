import logging
import logging.config

from django.conf import settings

from lib.tokens import new_token


def test_a_token_of_a_shared_link_is_cut_out_of_what_is_logged(capsys):
    token = new_token("share")
    logging.config.dictConfig(settings.LOGGING | {"disable_existing_loggers": False})
    logging.getLogger("django.request").error("Internal Server Error: %s", f"/shared/{token.text}/report/")
    said = capsys.readouterr().err
    assert f"/shared/share_{token.prefix}_…/report/" in said
    assert token.text not in said
