"""Words that tell what kind of thinking a prompt asks for; small letters. Chosen by meaning, not fitted to data."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CODE = _words(
    "algorithm api array bash bug class code codebase compile compiler css database debug docker endpoint exception "
    "function functions git html implement implementation java javascript json kubernetes library linux loop method "
    "module node parse parser program programming python query react recursion recursive regex repository rust schema "
    "script sorted sql stack syntax test tests thread traceback typescript variable xml yaml"
)
MATHS = _words(
    "area average calculate compute derivative digits divided divisible each equation factorial fraction geometry half "
    "inequality integer integers integral matrix maximum minimum modulo multiply number per percent percentage "
    "perimeter polynomial prime probability product proof prove quotient ratio remainder solve square sum theorem "
    "times total triangle value vertices volume"
)
REASONING = _words(
    "analyse analyze assume because cause compare conclude conclusion consider contradiction deduce derive determine "
    "evaluate evidence explain false if implies infer justify logic logical premise proof reason reasoning statement "
    "statements suppose therefore thus true uncertain unless whether why wrong"
)
STEPS = _words("after afterwards before finally first last lastly next second step steps then third")
