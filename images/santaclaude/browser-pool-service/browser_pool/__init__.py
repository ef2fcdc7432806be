"""Renders pages of the web in a pool of Chromium's pages, and lets them reach nothing but the web."""
