"""Stack to artifacts: one bundle per host."""
