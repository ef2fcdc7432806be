"""What was seen in one stage, brought to the next, and brought back."""
