"""Runs a compiled gateway here, as a process, without Docker: the upstream of a demo, the proxy, one question.

Nothing here imports litellm; it runs only as a child process.
"""
