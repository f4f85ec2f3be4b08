"""Facts about model files: a config.json becomes a ModelShape."""
