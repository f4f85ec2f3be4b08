"""A name server that knows no name: look-ups end at once, as on a network that has one, and nothing is found.

python -m tests.lab.images.names ADDRESS PORT
"""

from __future__ import annotations

import socketserver
import sys

# QR and RA set, no such name (https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1).
_FLAGS = b"\x81\x83"
_ONE_QUESTION = b"\x00\x01\x00\x00\x00\x00\x00\x00"


def answer(question: bytes) -> bytes:
    """The refusal of one query; "" for what is none. Only its question is sent back."""
    end = question.find(b"\x00", 12)
    if len(question) < 17 or end < 0:
        return b""
    return question[:2] + _FLAGS + _ONE_QUESTION + question[12 : end + 5]


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        data, channel = self.request
        if told := answer(data):
            channel.sendto(told, self.client_address)


if __name__ == "__main__":
    with socketserver.ThreadingUDPServer((sys.argv[1], int(sys.argv[2])), _Handler) as server:
        server.serve_forever()
