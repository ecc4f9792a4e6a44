"""Draw each chart by one Vega-Lite spec, for pages and for files."""
