"""Results ready to show: tables, sentences, charts; may import all rooms but files and web."""
