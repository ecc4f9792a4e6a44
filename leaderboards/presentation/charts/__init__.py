"""Each chart drawn by one Vega-Lite spec, for pages and for files."""
