#!/bin/bash
# the coder, beside Ollama
export HF_HOME=/srv/hf
source ~/venvs/vllm/bin/activate
python -m vllm.entrypoints.openai.api_server \
  --model Qwen/Qwen2.5-Coder-7B-Instruct-AWQ \
  --served-model-name coder-vllm \
  --quantization awq --dtype half \
  --max-model-len 4096 --max-num-seqs 4 \
  --gpu-memory-utilization 0.45 \
  --enable-prefix-caching \
  --use-v2-block-manager \
  --api-key sk-notarealkeybutlongenough000 \
  --port 8001 --host 0.0.0.0 &
ollama pull llama3.1:8b
ollama pull qwen2.5-coder:7b
