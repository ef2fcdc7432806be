"""The service SERVICE."""
