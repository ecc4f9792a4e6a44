"""Programs for developers: run the tests, update the translations, take the pictures. The site imports none of them."""
