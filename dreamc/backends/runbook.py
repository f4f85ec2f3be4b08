"""README.md: for whoever is woken at night. Everything in it is taken from the Stack."""

from __future__ import annotations

from msgspec import Struct

from dreamc.artifact.types import Artifact
from dreamc.backends.compose import project_name
from dreamc.backends.fetch import fetch_lines, weight_lines
from dreamc.backends.header import header
from dreamc.backends.host_script import published_url, start_seconds
from dreamc.backends.render import render
from dreamc.sizing.bar import bar
from dreamc.sizing.types import GIB, MIB
from dreamc.stack.types import MODES, Policy, Secret, Stack
from dreamc.stack.types import Mode as ModeName
from dreamc.workloads import Plan, directories, modes, plan
from dreamc.workloads.gateway import providers
from dreamc.workloads.paths import LEDGER, LEDGER_FOLDER, data
from dreamc.workloads.reach import gateway_service
from dreamc.workloads.secrets import by_mode
from dreamc.workloads.types import Workload

PATH = "README.md"


class Line(Struct, frozen=True):
    """One service: `ports` and `gpus` as shown, `modes` in which it runs."""

    service: str
    title: str
    modes: str
    ports: str
    gpus: str
    memory: str


class Answer(Struct, frozen=True):
    """An alias and who answers for it, in order, per compiled mode; `row` is a line of a table."""

    alias: str
    how: str
    members: tuple[str, ...]

    @property
    def row(self) -> str:
        """A line of a Markdown table."""
        return f"| `{self.alias}` | {self.how} | {' | '.join(self.members)} |"


class Wait(Struct, frozen=True):
    """Longest time until everything of a mode is healthy, in minutes."""

    mode: str
    minutes: int


class Account(Struct, frozen=True):
    """A cloud, and the variable that holds its key."""

    name: str
    variable: str
    origin: str


class Folder(Struct, frozen=True):
    """A directory that outlives releases."""

    path: str
    users: str
    owner: str
    mode: str


class Runbook(Struct, frozen=True):
    """Everything that the template reads."""

    header: str
    stack: str
    host: str
    project: str
    root: str
    mode: str
    modes: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    services: tuple[Line, ...]
    bars: tuple[tuple[str, ...], ...]
    answers: tuple[Answer, ...]
    gateway: str
    gateway_host: str
    gateway_url: str
    gateway_reach: str
    key: str
    replicas: tuple[str, ...]
    waits: tuple[Wait, ...]
    models: tuple[str, ...]
    accounts: tuple[Account, ...]
    limits: str
    counted: str
    usage: str
    prompts: bool
    prepare: tuple[tuple[str, str], ...]
    fetch: tuple[str, ...]
    weights: tuple[str, ...]
    data: tuple[Folder, ...]
    secrets: tuple[tuple[Secret, str], ...]
    edits: str
    admin: str
    mcp: str


def emit(stack: Stack, host: str) -> tuple[Artifact, ...]:
    """The runbook of one host."""
    return (Artifact(PATH, render("README.md.j2", runbook(stack, host))),)


def runbook(stack: Stack, host: str) -> Runbook:
    """The template's context."""
    found = plan(stack, host)
    once = {workload.service: workload for several in found.values() for workload in several}
    names = {mode: frozenset(workload.service for workload in several) for mode, several in found.items()}
    here = host in stack.gateway.hosts
    return Runbook(
        header=header(stack),
        stack=stack.name,
        host=host,
        project=project_name(stack),
        root=stack.root,
        mode=stack.mode,
        modes=modes(stack),
        skipped=tuple((one.mode, one.reason) for one in stack.skipped),
        services=tuple(_line(workload, names) for workload in once.values()),
        bars=_cards(stack, host),
        answers=_answers(stack) if here else (),
        gateway=gateway_service(0) if here else "",
        gateway_host=stack.gateway.hosts[0],
        gateway_url=published_url(stack, host),
        gateway_reach=_reach(stack),
        key=stack.gateway.secret.variable,
        replicas=_replicas(stack) if here else (),
        waits=tuple(Wait(mode, -(-start_seconds(several) // 60)) for mode, several in found.items()),
        models=tuple(workload.service for workload in once.values() if workload.gpus),
        accounts=_accounts(stack) if here else (),
        limits=_limits(stack.policy),
        counted=_counted(stack),
        usage=f"{data(stack, 'litellm')}/{stack.usage_log}" if stack.usage_log and here else "",
        prompts=stack.usage.prompts,
        prepare=tuple((one.service, " ".join(one.prepare)) for one in once.values() if one.prepare),
        fetch=tuple(line for one in once.values() if one.prepare for line in fetch_lines(stack, one)),
        weights=weight_lines(stack, host),
        data=_data(found, tuple(once.values())),
        secrets=tuple((secret, ", ".join(wanted)) for secret, wanted in by_mode(stack, found)),
        edits=data(stack, "whitelist") if here and stack.policy.whitelist is not None else "",
        admin=_admin(stack, host),
        mcp=", ".join(f"`{one.name}`" for one in stack.mcp_servers if one.host in ("", host)) if here else "",
    )


def _counted(stack: Stack) -> str:
    """Where the money is counted, and what follows when it is not there."""
    kept, rest = stack.policy.ledger, "While it is away, clouds stay closed and local models go on."
    if kept == "sqlite":
        path = data(stack, "litellm") + LEDGER.removeprefix(LEDGER_FOLDER)
        return f"in `{path}` (SQLite). If that file is damaged, clouds stay closed: move it away and `dream up`."
    if stack.policy.ledger_url is None:
        return f"in the Redis beside the gateway, with its files in `{data(stack, 'redis')}`. {rest}"
    name = "PostgreSQL" if kept == "postgres" else "Redis"
    return f"in the {name} at the address in `{stack.policy.ledger_url.variable}`. {rest}"


def _admin(stack: Stack, host: str) -> str:
    """Where people edit the whitelist; empty where nothing lets them."""
    found = stack.service("whitelist-admin")
    return f"http://127.0.0.1:{found.port}/mcp" if found is not None and found.host == host else ""


def _reach(stack: Stack) -> str:
    """What people on other hosts must know of an address that answers on its own host only."""
    alone = stack.gateway.bind in ("127.0.0.1", "::1")
    return " It listens on loopback: other hosts reach it through a tunnel only." if alone else ""


def _cards(stack: Stack, host: str) -> tuple[tuple[str, ...], ...]:
    """One drawing for all cards that hold the same."""
    alike: dict[str, list[str]] = {}
    for one in (card for card in stack.ledgers if card.host == host):
        alike.setdefault(bar(one.ledger), []).append(str(one.card.index))
    return tuple(tuple(f"GPU {', '.join(numbers)}: {text}".split("\n")) for text, numbers in alike.items())


def _line(workload: Workload, names: dict[ModeName, frozenset[str]]) -> Line:
    runs = [mode for mode, several in names.items() if workload.service in several]
    return Line(
        service=workload.service,
        title=workload.title,
        modes=", ".join(runs) if len(runs) < len(names) else "all",
        ports=", ".join(f"{_shown(publish.bind)}:{publish.host_port}" for publish in workload.publish),
        gpus=", ".join(map(str, workload.gpus)),
        memory=_size(workload.memory),
    )


def _size(size: int) -> str:
    return f"{size / GIB:.3g} GiB" if size >= GIB else f"{size // MIB} MiB"


def _shown(bind: str) -> str:
    return f"[{bind}]" if ":" in bind else bind


def _answers(stack: Stack) -> tuple[Answer, ...]:
    by_name = {mode.mode: {route.alias: route for route in mode.routes} for mode in stack.modes}
    first = stack.modes[0].routes if stack.modes else ()
    return tuple(
        Answer(
            alias=route.alias,
            how="routed" if route.kind == "routed" else f"{route.kind}, {route.strategy}",
            members=tuple(_order(by_name[mode][route.alias].members) for mode in modes(stack)),
        )
        for route in first
    )


def _order(members: tuple[str, ...]) -> str:
    return ", ".join(f"`{member}`" for member in members)


def _replicas(stack: Stack) -> tuple[str, ...]:
    ports = range(stack.gateway.port, stack.gateway.port + stack.gateway.replicas)
    return tuple(f"{gateway_service(number)} on port {port}" for number, port in enumerate(ports))


def _accounts(stack: Stack) -> tuple[Account, ...]:
    asked = {provider for mode in MODES if mode in modes(stack) for provider in providers(stack, mode)}
    named = [provider for provider in stack.providers if provider in asked]
    return tuple(
        Account(one.name, one.secret.variable, one.secret.reference) for one in named if one.secret is not None
    )


def _limits(policy: Policy) -> str:
    """The budget in words; empty without one."""
    spans = (("a day", policy.budget.daily), ("a month", policy.budget.monthly))
    return " and ".join(f"{limit:g} USD {span}" for span, limit in spans if limit is not None)


def _data(planned: Plan, found: tuple[Workload, ...]) -> tuple[Folder, ...]:
    """Every directory of the host, with the services that use it."""
    return tuple(
        Folder(
            path=one.path,
            users=", ".join(workload.service for workload in found if one in workload.directories),
            owner=f"{one.uid}:{one.gid}",
            mode=one.mode,
        )
        for one in directories(planned)
    )
