"""What a compile produces: artifacts, a bundle per host, and the directory in which they lie."""
