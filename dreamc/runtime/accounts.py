"""The ledger for people: what was spent, which calls are in doubt, and how one is settled once its cost is known.

python3 -m dream_runtime.accounts                  in the gateway's container; the ledger is that of DREAM_LEDGER
python3 -m dream_runtime.accounts settle ID USD    what the provider's own books say of a call in doubt
python3 -m dream_runtime.accounts today            puts the ledger's day back, after a clock that ran ahead
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from .contract import load
from .ledger import Ledger, LedgerError, Settle, day_of, open_ledger
from .money import dollars, nano
from .reading import PolicyError


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """0, or 1 with the reason on stderr, or 64 for a wrong use."""
    try:
        ledger = _ledger(environment)
        match arguments:
            case []:
                _say(_report(ledger))
            case ["settle", id_, usd]:
                return _settle(ledger, id_, usd)
            case ["today"]:
                ledger.set_day(day_of(datetime.now(UTC)))
            case _:
                _complain(str(__doc__))
                return 64
    except (LedgerError, OSError, PolicyError, ValueError) as error:
        _complain(str(error))
        return 1
    return 0


def _ledger(environment: Mapping[str, str]) -> Ledger:
    policy, address = (environment.get(name, "") for name in ("DREAM_POLICY", "DREAM_LEDGER"))
    if not policy or not address:
        raise PolicyError("DREAM_POLICY or DREAM_LEDGER", "the environment variable is not set")
    return open_ledger(address, load(Path(policy).read_text(encoding="utf-8")).stack)


def _report(ledger: Ledger) -> list[str]:
    lines = ["day         provider                  settled      in doubt     in flight   calls"]
    for row in ledger.days("0000-00-00", "9999-99-99"):
        amounts = (row.account.settled, row.account.doubt, row.account.held)
        shown = "  ".join(f"{dollars(amount):12.6f}" for amount in amounts)
        lines.append(f"{row.day}  {row.provider:<20}  {shown}  {row.calls:6}")
    for one in ledger.open():
        if one.why:
            amount = f"at most {dollars(one.nano):.6f} USD"
            lines.append(f"in doubt: {one.id}  {one.at}  {one.provider}  {amount}: {one.why}")
    return lines


def _settle(ledger: Ledger, id_: str, usd: str) -> int:
    amount = nano(float(usd))
    if amount < 0 or not any(one.id == id_ and one.why for one in ledger.open()):
        _complain(f"{id_} is not in doubt, or {usd} is no amount")
        return 1
    ledger.apply([Settle(id_, amount)])
    return 0


def _say(lines: Sequence[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
