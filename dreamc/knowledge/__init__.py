"""What is known of the world, as dated tables with their sources: cards, engines, providers, prices, images, services.

Each module reads one table and gives typed rows; import the module that is needed, nothing is read at import.
"""
