"""The API at /api/v1/ for programs, and webhooks. May import the other apps; evalsite's settings and addresses name it.

Layers, each of which may import those below it: web; site; resources; schemas; gate; webhooks and tokens; models.
"""
