"""A new system: its base, overlays and image, from templates that read as what they become."""
