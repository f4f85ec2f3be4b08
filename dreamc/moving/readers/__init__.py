"""One reader per kind of file: each key of it is claimed for dream.yaml, corrected, or left with a reason."""
