"""What every request passes: token, limits, body, repeated writes, pages of lists, and one shape for refusals.

May import models, tokens, webhooks and the other apps; never schemas, resources or the site.
"""
