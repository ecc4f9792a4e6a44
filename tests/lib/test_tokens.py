from lib.tokens import is_token, new_token, prefix_of


def test_a_token_is_found_by_its_prefix_and_known_by_its_digest():
    token, other = new_token("pw"), new_token("pw")
    assert token.text != other.text
    assert token.text.split("_")[0] == "pw"
    assert prefix_of("pw", token.text) == token.prefix
    assert is_token(token.text, token.digest)
    assert not is_token(other.text, token.digest)
    assert token.digest not in token.text


def test_other_texts_have_no_prefix():
    text = new_token("share").text
    for wrong in ("", text[:-1], text + "x", text.replace("share", "pw"), text.upper(), "share_\x00", text + "\n"):
        assert prefix_of("share", wrong) is None
