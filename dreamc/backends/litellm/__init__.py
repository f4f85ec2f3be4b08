"""LiteLLM's configuration, one per compiled mode, for every host that runs the gateway.

An alias is a routing group of its own name, a tier the group `tier:<name>`; their members are deployments named
`<member>@local` or `<member>@<provider>`, which no client can ask for.
"""
