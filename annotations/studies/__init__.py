"""Making studies, changing them and telling how far they are; may import models, counts, blindness and evidence."""
