"""All settings, read from the environment; docs/operations.md lists them.

If nothing is set, the site uses SQLite, a file-based broker and a generated secret key, all under DATA_DIR.
"""

from evalsite.settings.environment import *
from evalsite.settings.people import *
from evalsite.settings.security import *
from evalsite.settings.site import *
from evalsite.settings.watching import *
from evalsite.settings.work import *
