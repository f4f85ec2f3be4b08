"""Run by the gateway's interpreter: loads the plug-in as the proxy does, then calls the router without the door.

Prints JSON: whether all callbacks and the key check share one state, and what each call came to.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any


def main(config_path: str, models: list[str]) -> None:
    import litellm
    from litellm.proxy.types_utils.utils import get_instance_fn

    settings = json.loads(Path(config_path).read_text())
    names = settings["litellm_settings"]["callbacks"]
    hooks = [get_instance_fn(name, config_path) for name in names]
    check = get_instance_fn(settings["general_settings"]["custom_auth"], config_path)
    plugin = sys.modules["dream_runtime.plugin"]
    shared = [getattr(plugin, name.rpartition(".")[2]) for name in names] == hooks
    shared = shared and check.__globals__["gateway"] is plugin.gateway
    litellm.callbacks = hooks
    router = litellm.Router(model_list=settings["model_list"], **settings["router_settings"])
    calls = {model: asyncio.run(call(router, model)) for model in models}
    print(json.dumps({"shared": shared, "calls": calls}))  # noqa: T201


async def call(router: Any, model: str) -> str:
    try:
        answer = await router.acompletion(model=model, messages=[{"role": "user", "content": "hi"}])
    except Exception as error:  # noqa: BLE001
        return type(error).__name__
    return str(answer.choices[0].message.content)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
