"""Ansible's YAML inventory to addresses: which hosts there are, in which groups, and how each is reached."""
