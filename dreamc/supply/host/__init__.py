"""What runs on hosts: shell scripts, and the Python that runs in a container there."""
