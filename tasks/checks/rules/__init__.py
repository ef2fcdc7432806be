"""The rules. Each module here is read when `doit check` runs: a file with rules of your own needs no other change."""
