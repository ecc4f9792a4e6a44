"""When a study may end: at any time by a confidence sequence (anytime), or at looks planned beforehand (planned)."""
