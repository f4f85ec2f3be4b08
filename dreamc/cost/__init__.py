"""What a stack costs: before it runs, on traffic that was, and what it did cost. Arithmetic over values; no I/O."""
