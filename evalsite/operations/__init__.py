"""What an operator sees: the state of workers, waiting work and disk, as a page and as metrics for Prometheus.

May import the apps below; pages of the rest of the site do not import it.
"""
