"""Every page of the site in a browser: against axe-core's rules, zoomed to 200 % and on a phone, light and dark, in each
language. `python -m tools.accessibility` (CONTRIBUTING.md); tests/browser/test_every_page.py does it with fewer loads.
"""
