"""A cloud that is none: answers every model over the OpenAI dialect, and breaks as its fault file says.

python -m tests.lab.images.cloud ADDRESS PORT FAULT_FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

from dreamc.gateway.dialects import Answer, Request, as_json, listing, respond
from tests.lab.images.faults import Faults
from tests.lab.images.server import Question, serve

_KEYS = ("sk-lab-",)


def main(host: str, port: str, faults: str) -> None:
    """Serves until it is killed."""
    serve(host, int(port), Faults(Path(faults)), _answer)


def _answer(question: Question) -> Answer:
    if question.body is None:
        return listing(question.path, ())
    if not question.key.startswith(_KEYS):
        return as_json(401, {"error": {"message": "invalid api key", "type": "authentication_error"}})
    request = Request(question.path, question.body)
    return respond(request, f"This is {request.model}, in the cloud.")


if __name__ == "__main__":
    main(*sys.argv[1:])
