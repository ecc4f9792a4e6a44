"""Whether raters can be trusted, and leaving out those who cannot; may import models to gold."""
