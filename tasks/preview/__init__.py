"""`doit preview pr=123`: an environment for a pull request, derived from the first one, for a time."""
