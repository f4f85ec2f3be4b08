"""Moving in: a dream.yaml out of the configuration files that people have, and a word about every key of them."""
