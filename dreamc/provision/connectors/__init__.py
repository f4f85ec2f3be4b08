"""Ways to a host. Each starts the loop there and gives a byte channel to it."""
