"""`doit bench`: our times beside those of kustomize, measured in one run on inputs that are made from a seed."""
