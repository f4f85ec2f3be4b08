"""Bundles to hosts: inventory, connections, facts, plan, apply. It never hears of models, only of releases."""
