"""Images that stand in for published ones where no registry is at hand: declared, planned, made."""
