"""What answers GET /model/info as LiteLLM does, from a compiled configuration."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml


@contextmanager
def gateway(config: str, key: str, status: int = 200, change: dict[str, Any] | None = None) -> Iterator[str]:
    """Its port. `change` is put into the parameters of the first deployment."""
    rows = yaml.safe_load(config)["model_list"]
    rows[0]["litellm_params"] |= change or {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            right = (self.path, self.headers["Authorization"]) == ("/model/info", f"Bearer {key}")
            code = status if right else 401
            body = json.dumps({"data": rows} if code == 200 else {"error": "closed"}).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield str(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
