"""`dreamc serve`: the compiled gateway here, as a process, without Docker."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from dreamc.cli.options import request, source
from dreamc.cli.progress import going_on
from dreamc.errors import DreamError

if TYPE_CHECKING:
    from dreamc.artifact.types import Bundle
    from dreamc.compiler import Request
    from dreamc.gateway.bundle import Compiled
    from dreamc.gateway.process import Proxy
    from dreamc.stack.types import Secret, Stack

KEY = "DREAM_GATEWAY_KEY"
ENV = "env://"


@click.command("serve")
@source
@click.option(
    "--mode",
    type=click.Choice(("cloud", "local", "hybrid")),
    default=None,
    envvar="DREAMC_MODE",
    show_envvar=True,
    help="Mode. Default: the file's.",
)
@click.option(
    "-H",
    "--host",
    default=None,
    metavar="NAME",
    envvar="DREAMC_HOST",
    show_envvar=True,
    help="Whose gateway, if several hosts run one. Default: the first.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help="TCP port. Default: the file's; with --ask any free one.",
)
@click.option("--demo", is_flag=True, help="Every model is answered by a stand-in here: no key, no GPU, no network.")
@click.option("--ask", "question", default=None, metavar="TEXT", help="Ask once, print the answer, and stop.")
@click.option(
    "--model",
    "alias",
    default=None,
    metavar="NAME",
    help="Whom to ask. Default: the routed chain, else the first name.",
)
@click.pass_context
def command(
    ctx: click.Context, file: Path, overlay: str | None, today: str | None, mode: str | None, host: str | None,
    port: int | None, demo: bool, question: str | None, alias: str | None,
) -> None:  # fmt: skip
    """Run the compiled gateway here on 127.0.0.1, until Ctrl-C.

    Model servers are expected on this machine at the ports that dream.yaml gives them; clouds are asked with the keys
    of your environment.
    """
    stack, bundles = _compiled(ctx, request(file, overlay, today))
    chosen = _mode(stack, mode)
    home = _host(stack, bundles, host)
    name = _alias(stack, alias)
    with _terminable(), tempfile.TemporaryDirectory(prefix="dreamc-serve-") as folder:
        work = Path(folder)
        _unpack(home, work / home.host)
        wanted = port if port is not None else 0 if question is not None else stack.gateway.port
        with _running(stack, home, work, chosen, wanted, demo) as proxy:
            for line in proxy.complaints:
                click.echo(f"gateway: {line}", err=True)
            if question is not None:
                ctx.exit(_answered(proxy, name, question))
            _serve(proxy, stack, chosen, demo)


@contextmanager
def _terminable() -> Iterator[None]:
    """A supervisor's stop is as clean as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _compiled(ctx: click.Context, wanted: Request) -> tuple[Stack, tuple[Bundle, ...]]:
    from dreamc.cli.findings import whole
    from dreamc.compiler import emit

    stack = whole(ctx, wanted, "nothing was started").stack
    return stack, emit(stack)


def _mode(stack: Stack, wanted: str | None) -> str:
    known = tuple(one.mode for one in stack.modes)
    mode = wanted or stack.mode
    if mode in known:
        return mode
    why = next((f": {one.reason}" for one in stack.skipped if one.mode == mode), "")
    raise DreamError(f"{mode} mode is not compiled{why}", "nothing was started", f"choose --mode {' or '.join(known)}")


def _host(stack: Stack, bundles: tuple[Bundle, ...], wanted: str | None) -> Bundle:
    name = wanted or stack.gateway.hosts[0]
    if name not in stack.gateway.hosts:
        raise click.UsageError(f"'{name}' runs no gateway; {', '.join(stack.gateway.hosts)} do")
    return next(one for one in bundles if one.host == name)


def _alias(stack: Stack, wanted: str | None) -> str:
    if wanted is None:
        routes = stack.modes[0].routes
        return next((one.alias for one in routes if one.kind == "routed"), routes[0].alias)
    if wanted not in stack.aliases:
        raise click.UsageError(f"clients cannot ask for '{wanted}'; they can ask for {', '.join(stack.aliases)}")
    return wanted


def _unpack(home: Bundle, folder: Path) -> None:
    """The files of one host, where the gateway finds them."""
    for artifact in home.artifacts:
        path = folder / artifact.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(artifact.text, encoding="utf-8")


@contextmanager
def _running(stack: Stack, home: Bundle, work: Path, mode: str, port: int, demo: bool) -> Iterator[Proxy]:
    """The gateway, and with `demo` the stand-in behind it."""
    from dreamc.gateway import bundle
    from dreamc.gateway.process import Proxy
    from dreamc.gateway.reach import through_upstream
    from dreamc.gateway.upstream import Upstream

    compiled = bundle.load(work / home.host, mode)
    variables = _variables(stack, mode, dict(os.environ), demo)
    with ExitStack() as stop:
        if demo:
            config = through_upstream(compiled.config, stop.enter_context(Upstream()).url)
        else:
            config = _local(stack, home.host, compiled)
        secrets = bundle.Secrets(dict(os.environ), variables, variables.get(KEY, ""))
        with going_on(f"starting the gateway of {home.host} in {mode} mode"):
            proxy = stop.enter_context(Proxy(bundle.launch(compiled, config, work / "run", secrets, port)))
        yield proxy


def _local(stack: Stack, host: str, compiled: Compiled) -> dict[str, Any]:
    """Servers of this host on loopback, at the port that the file gives them; all others at their own address."""
    from dreamc.gateway.reach import through_loopback
    from dreamc.stack.locals import OLLAMA_PORT
    from dreamc.workloads.reach import VLLM_PORT, bracketed, relay_targets

    here = [(local.engine, one) for local in stack.locals for one in local.instances if one.host == host]
    ports = {(one.service, OLLAMA_PORT if engine == "ollama" else VLLM_PORT): one.port for engine, one in here}
    relays = {one.service: f"{bracketed(one.address)}:{one.port}" for one in relay_targets(stack, host)}
    services = {service for service, _ in ports}
    moved = through_loopback(compiled.config, ports)
    for before, after in zip(compiled.config["model_list"], moved["model_list"], strict=True):
        base = urlsplit(str(before["litellm_params"].get("api_base", "")))
        if base.hostname in relays:
            after["litellm_params"]["api_base"] = base._replace(netloc=relays[base.hostname]).geturl()
        elif base.hostname not in services and "api_base" in before["litellm_params"]:
            after["litellm_params"]["api_base"] = before["litellm_params"]["api_base"]
    return moved


def _variables(stack: Stack, mode: str, environment: Mapping[str, str], demo: bool) -> dict[str, str]:
    """The secrets that the gateway of a mode reads. DreamError names those that the environment does not have."""
    from dreamc.stack.spending import ALERT_WEBHOOK, LEDGER_URL
    from dreamc.workloads.gateway import secrets

    # A run here counts in a file of its own.
    wanted = tuple(one for one in secrets(stack, mode) if one.variable != LEDGER_URL)  # type: ignore[arg-type]
    found = {one.variable: value for one in wanted if (value := _value(one, environment))}
    own = stack.gateway.secret.variable
    key = environment.get(KEY) or found.get(own, "")
    missing = [one for one in wanted if one.variable not in (*found, own, ALERT_WEBHOOK)]
    if missing and not demo:
        named = ", ".join(_spellings(one) for one in missing)
        raise DreamError(
            f"{mode} mode needs {named}", "nothing was started", "set them, or try it with --demo, which needs none"
        )
    shown = {one.variable: "demo" for one in missing} | ({KEY: key} if key else {})
    return found | shown


def _value(secret: Secret, environment: Mapping[str, str]) -> str:
    """From the variable that the bundle uses, else from the one that dream.yaml names."""
    own = environment.get(secret.variable, "")
    return own or (environment.get(secret.reference.removeprefix(ENV), "") if secret.reference.startswith(ENV) else "")


def _spellings(secret: Secret) -> str:
    if secret.reference.startswith(ENV) and secret.reference.removeprefix(ENV) != secret.variable:
        return f"{secret.reference.removeprefix(ENV)} (or {secret.variable})"
    return f"{secret.variable} ({secret.reference})" if secret.reference else secret.variable


def _answered(proxy: Proxy, alias: str, question: str) -> int:
    """One question; 1 when nobody answers."""
    from dreamc.gateway.ask import Gate, ask

    try:
        reply = ask(Gate(proxy.url, proxy.key), alias, question)
    except DreamError as error:
        click.echo(f"dreamc: {alias} did not answer: {error.what}", err=True)
        return 1
    click.echo(reply.text)
    tier = reply.group.removeprefix("tier:") if reply.group.startswith("tier:") else ""
    facts = (
        f"{alias} answered by {reply.deployment or 'somebody unknown'}",
        f"tier {tier}" if tier else f"group {reply.group}" if reply.group else "",
        f"attempt {reply.attempts}",
        f"{reply.seconds:.2f} s",
    )
    click.echo(", ".join(fact for fact in facts if fact), err=True)
    return 0 if reply.text else 1


def _serve(proxy: Proxy, stack: Stack, mode: str, demo: bool) -> None:
    """Says where it is and waits."""
    click.echo(f"{proxy.url}/v1")
    click.echo(f"names: {', '.join(stack.aliases)}" + ("; every answer is the stand-in's" if demo else ""), err=True)
    if os.environ.get(KEY):
        click.echo(f"key: that of {KEY}", err=True)
    else:
        click.echo(f"key, made up for this run: {proxy.key}", err=True)
    try:
        click.echo(f"mode {mode}; stop with Ctrl-C", err=True)
        status = proxy.wait()
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        return
    raise DreamError(
        f"the gateway ended by itself with status {status}",
        "nothing runs",
        "its last lines: " + proxy.log[-400:].strip(),
    )
