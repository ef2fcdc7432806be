"""Completion of command lines in bash and zsh: of doit with its arguments, and of imbricate."""
