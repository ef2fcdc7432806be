"""What each task does: small generators of dicts, and thin wrappers around the library."""
