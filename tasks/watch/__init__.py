"""Rendering again whenever a file is saved, and showing what that changed."""
