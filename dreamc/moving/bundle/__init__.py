"""Bundles that `compile` wrote, back to the dream.yaml that compiles to them."""
