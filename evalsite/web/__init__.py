"""The pages of no app: home, faults, health and the docs; may import every app and the other rooms of the site."""
