"""Who rates and who works on a study: joining, invitations, members, privacy; may import models to rating."""
