"""`doit diff` and `doit drift`: what changes, object by object and field by field, before it is rendered or applied."""
