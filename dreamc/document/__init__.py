"""Text to plain values that know their places: read, interpolate, merge, validate; and back: write."""
