"""Bradley–Terry strengths from counted votes; may import votes."""
