"""What is done on a host, as text: each operation turns values into one Step, and none of them does anything itself."""
