"""What to decide and what to ask next: non-inferiority, fragility, planning, sampling; may import votes to ratings."""
