"""Where an emitted value, a route or a diagnostic code comes from."""
