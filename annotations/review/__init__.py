"""What researchers look through: pairs, answers, disagreements, activity; may import models to quality."""
