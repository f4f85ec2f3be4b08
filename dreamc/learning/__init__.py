"""From logged outcomes to a better policy: which tier each kind of action needs, and where the bounds belong."""
