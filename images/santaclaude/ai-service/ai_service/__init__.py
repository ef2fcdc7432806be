"""Completions by the models of several providers, with sessions that all replicas share."""
