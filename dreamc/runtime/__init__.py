"""The policy that decides every request; travels inside a bundle and runs in the LiteLLM container."""
