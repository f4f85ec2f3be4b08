"""Why something does not work: causes with stable ids, the likeliest first, each with evidence and what mends it."""
