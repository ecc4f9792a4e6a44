"""Draw a chart as a file, by a process of its own that has vl-convert loaded; may import chart and look."""
