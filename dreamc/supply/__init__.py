"""Model files to where they are needed: what to fetch, from where, verified."""
