"""What speakers, times and turns look like in any text; may import records."""
