"""What is assumed about hosts and processes where nothing was measured; each figure with its reason."""

from __future__ import annotations

from dreamc.sizing.types import GIB, MIB

LOAD_SPEED = 200 * MIB
"""Bytes a second at which weights are read: well below a SATA SSD (about 500 MiB/s), above a single hard disk."""

ENGINE_START = 300
"""Seconds a vLLM server may take beside reading weights: imports, cold torch.compile, CUDA graph capture."""

ENGINE_BASE = 8 * GIB
"""Limit of the main memory of a vLLM API server and engine core."""

ENGINE_SEEN = 6 * GIB
"""Main memory that a vLLM server on one card is seen to take in public boot logs, at most; what a host must have."""

ENGINE_PER_GPU = 6 * GIB
"""Main memory of one vLLM worker process: CUDA host context, pinned buffers, one shard of weights while it is read."""

SHARED_MEMORY_PER_GPU = GIB
"""Shared memory of tensor parallel workers. NCCL asks for at least 1 GiB in containers (NCCL user guide,
troubleshooting, "Docker": `--shm-size=1g`)."""

OLLAMA_BASE = 4 * GIB
"""Main memory of the Ollama server and its runners without the model being loaded."""

GATEWAY_MEMORY = 2 * GIB
"""Main memory of one LiteLLM worker. Measured: 350 MiB resident after 1,000 requests (LiteLLM 1.106.2); the rest is
for long contexts in flight."""

RELAY_MEMORY = 64 * MIB
"""Main memory of one socat process with its connections."""
