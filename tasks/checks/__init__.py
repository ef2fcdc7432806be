"""`doit check`, the gate: rules over what the overlays render, over the repository, and the lines that break them.

Order of the work: units are composed (subject) → rules give problems (registry, rules/) → waivers take out what a
reviewer accepted → what is left gets the file and line that caused it (placing) → findings are shown (show, sarif).
"""
