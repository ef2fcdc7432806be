"""The kind cluster of development and of end-to-end tests."""
