"""Pure arithmetic over memory: one model on one card, everything on one card, models to hosts."""
