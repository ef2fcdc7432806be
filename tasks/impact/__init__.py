"""`doit impact`: which units and objects the changes since a commit reach, and through which kustomizations."""
