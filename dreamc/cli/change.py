"""What plan, apply, rollback, mode and down have in common: survey the hosts, show the plan, ask, carry it out."""

from __future__ import annotations

import os
import secrets as random
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import click
from msgspec import Struct, json

import dreamc
from dreamc.artifact.release import Secret, release_of
from dreamc.artifact.types import Bundle
from dreamc.cli.hosts import Scene, revision, who
from dreamc.cli.telling import outcome, telling
from dreamc.errors import DreamError
from dreamc.provision.apply import Intent, Job, World, apply_host
from dreamc.provision.events import Outcome, Tell
from dreamc.provision.fleet import Pace, run, waves
from dreamc.provision.plan.make import together
from dreamc.provision.plan.state import state
from dreamc.provision.plan.types import Plan
from dreamc.provision.secrets import env_lines, mask, resolve, run_tool
from dreamc.provision.session import Session
from dreamc.provision.survey import Secrets, Survey, Wish, gather, survey

Supply = Callable[[Session, Survey, Tell], None]
WORST = (4, 3, 5, 1, 0)
"""Which exit code stands for several hosts: the one that needs a person most."""


class Surveys(Struct, frozen=True):
    """What was found: hosts that answered, and why others did not."""

    hosts: Mapping[str, Survey]
    unreachable: Mapping[str, DreamError]


def known_secrets(scene: Scene) -> Secrets:
    """The values of everything that the bundles want, as far as they can be had here."""
    wanted = {
        (one.variable, one.reference): one
        for bundle in scene.bundles.values()
        for mode in release_of(bundle).modes
        for one in mode.secrets
        if one.reference
    }
    return resolved(tuple(wanted.values()), scene)


def resolved(wanted: tuple[Secret, ...], scene: Scene) -> Secrets:
    """References to values; a reference without one is a blocker only where a mode needs it."""
    values, problems = resolve(wanted, os.environ, run_tool, scene.folder)
    hidden = tuple(values.values())
    reasons = {one.variable: f"{one.what}; {one.remedy}" for one in problems}
    return Secrets(values, reasons, lambda text: mask(text, hidden))


def look(scene: Scene, wish: Callable[[str, Bundle | None], Wish], secrets: Secrets, parallel: int) -> Surveys:
    """Surveys all hosts at once. A stranger that cannot be reached or does not run this stack is left alone."""

    def one(name: str) -> Survey | DreamError:
        bundle = scene.bundles.get(name)
        try:
            return survey(scene.sessions[name], wish(name, bundle), secrets, time.time())
        except DreamError as error:
            return error

    names = tuple(scene.sessions)
    with ThreadPoolExecutor(max_workers=max(1, min(parallel, len(names)))) as pool:
        found = dict(zip(names, pool.map(one, names), strict=True))
    hosts = {name: each for name, each in found.items() if isinstance(each, Survey) and _ours(scene, name, each)}
    failed = {name: each for name, each in found.items() if isinstance(each, DreamError)}
    return Surveys(hosts, {name: error for name, error in failed.items() if name not in scene.strangers})


def _ours(scene: Scene, name: str, found: Survey) -> bool:
    """A host that the file does not name counts only while it runs this stack."""
    if name not in scene.strangers:
        return True
    return bool(found.facts.containers or (found.facts.release and f'"{scene.stack.name}"' in found.facts.release_json))


def wished(
    scene: Scene, mode: str = "", steal: bool = False, allow: bool = False
) -> Callable[[str, Bundle | None], Wish]:
    """Every host to its bundle; one that the file does not name any more to nothing."""
    from dreamc.backends.compose import project_name

    project = project_name(scene.stack)

    def wish(_name: str, bundle: Bundle | None) -> Wish:
        return Wish(
            scene.stack.root, project, bundle, mode=mode, gone=bundle is None, steal=steal, allow_data_loss=allow
        )

    return wish


def planned(scene: Scene, found: Surveys) -> Plan:
    """The plan of all hosts that answered."""
    hosts = (one.plan for one in found.hosts.values())
    return together(f"dreamc {dreamc.__version__}", scene.stack.name, scene.stack.input_sha256, hosts)


def tell_unreachable(found: Surveys) -> None:
    """One line with a remedy per host, on stderr."""
    for error in found.unreachable.values():
        click.echo(f"dreamc: {error.what}", err=True)
        if error.remedy:
            click.echo(f"  to do: {error.remedy}", err=True)


def confirm(question: str, yes: bool) -> None:
    """Goes on only with a yes; without a terminal and `-y` it refuses instead of hanging."""
    if yes:
        return
    if not sys.stdin.isatty():
        click.echo("dreamc: this is not a terminal, so nobody can be asked; add -y. Nothing was changed.", err=True)
        raise click.exceptions.Exit(64)
    if not click.confirm(question, err=True):
        click.echo("dreamc: nothing was changed", err=True)
        raise click.exceptions.Exit(1)


def intent(course: Course, git: str) -> Intent:
    """A new token each time: two applies of one person are two."""
    token = random.token_hex(8)
    return Intent(token, who(), course.why, git, course.lock_timeout, course.steal, action=course.action)


def carry_out(
    scene: Scene, found: Surveys, secrets: Secrets, wanted: Intent, pace: Pace, supply: Supply, tell: Tell
) -> tuple[Outcome, ...]:
    """All hosts with something to do, in waves."""
    todo = {name: one for name, one in found.hosts.items() if one.plan.changed}

    def work(name: str) -> Outcome:
        one = todo[name]
        world = World(
            facts=lambda session: gather(session, one.wish, one.release),
            state=state,
            supply=lambda session, _facts, say: supply(session, one, say),
            mask=secrets.mask,
        )
        return apply_host(job(one, secrets), wanted, scene.sessions[name], world, tell)

    order = {name: one.plan.after for name, one in todo.items()}
    return run(waves(tuple(todo), order, pace), work, pace.parallel)


def job(one: Survey, secrets: Secrets) -> Job:
    """What the plan of a host comes to."""
    given, plan = one.given, one.plan
    sent = {name: secrets.values[name] for name in given.env}
    uploads = one.wish.bundle is not None and (
        plan.target.release not in one.facts.releases or any(change.path for change in plan.files)
    )
    return Job(
        target=plan.target,
        root=one.wish.root,
        release=one.release,
        bundle=one.wish.bundle if uploads else None,
        facts=one.facts,
        state=plan.state,
        env=env_lines(sent) if one.wish.bundle is not None else None,
        kept=given.kept,
        generated=given.generated,
        recreate=tuple(service.name for service in plan.services if service.forced),
        allow_data_loss=one.wish.allow_data_loss,
    )


class Course(Struct, frozen=True):
    """How a change is carried out, as the options say."""

    action: str = "apply"
    why: str = ""
    yes: bool = False
    quiet: bool = False
    colour: bool = False
    diffs: bool = False
    as_json: bool = False
    lock_timeout: int = 0
    steal: bool = False
    pace: Pace = Pace()


def settle(scene: Scene, found: Surveys, secrets: Secrets, course: Course, supply: Supply) -> int:
    """Shows the plan, asks, carries it out and says how it went: the exit code."""
    plan = planned(scene, found)
    tell_unreachable(found)
    if not plan.hosts:
        return 1 if found.unreachable else 0
    if not course.quiet:
        click.echo(secrets.mask(rendered(plan, "text", course.colour, course.diffs)), err=True, nl=False)
    if stop := blocked(plan):
        click.echo("dreamc: nothing was changed", err=True)
        return stop
    outcomes: tuple[Outcome, ...] = ()
    if plan.changed:
        count = sum(one.changed for one in plan.hosts)
        confirm(f"{course.action.capitalize()} this to {count} host{'s' * (count > 1)}?", course.yes)
        wanted = intent(course, revision(scene.folder))
        names = tuple(name for name, one in found.hosts.items() if one.plan.changed)
        with telling(names, course.quiet) as tell:
            outcomes = carry_out(scene, found, secrets, wanted, course.pace, supply, tell)
    report(outcomes, course.as_json, len(plan.hosts))
    return code_of(outcomes, found)


def rendered(plan: Plan, format_: str, colour: bool, diffs: bool) -> str:
    """The plan in the format asked for."""
    from dreamc.provision.show import markdown, saved, text

    if format_ == "json":
        return saved(plan)
    return markdown(plan) if format_ == "markdown" else text(plan, colour, diffs)


def report(outcomes: tuple[Outcome, ...], as_json: bool, hosts: int) -> None:
    """The last word on every host."""
    if as_json:
        click.echo(json.format(json.encode(outcomes), indent=2))
        return
    for one in outcomes:
        click.echo(outcome(one))
    if not outcomes and hosts:
        click.echo(f"nothing to do on {hosts} host{'s' * (hosts > 1)}")


def blocked(plan: Plan) -> int:
    """The exit code of what stands in the way of any host; 0 where nothing does."""
    return max((finding.code for host in plan.hosts for finding in host.blockers if host.changed), default=0)


def code_of(outcomes: tuple[Outcome, ...], found: Surveys) -> int:
    """The exit code of the whole."""
    codes = {one.code for one in outcomes} | ({1} if found.unreachable else set())
    return next((code for code in WORST if code in codes), 0)
