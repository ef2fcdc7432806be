"""The unit tests beside the services in images/: where they are, and how each language runs them."""
