"""Which file answers each criterion of the specifications, and what proves it: docs/requirements/ as one page."""
