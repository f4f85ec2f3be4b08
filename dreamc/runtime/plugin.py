"""What LiteLLM loads: `litellm_settings.callbacks` names the five objects below, in this order.

Importing this module opens the gateway, so that a policy that must not be served stops the proxy at its start.
"""

from __future__ import annotations

from .book import Book
from .door import Door
from .engine import close_missing
from .gate import Gate
from .guard import AnswerGuard, StreamGuard
from .state import gateway

gateway()
close_missing()

door = Door()
gate = Gate()
answers = AnswerGuard()
streams = StreamGuard()
book = Book()
