"""What plan, apply, rollback, mode and down have in common: survey the hosts, show the plan, ask, carry it out."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click
from msgspec import Struct, json

import dreamc
from dreamc.artifact.release import Secret, release_of
from dreamc.artifact.types import Bundle
from dreamc.cli.asking import at_once
from dreamc.cli.hosts import Scene
from dreamc.cli.loading import ahead
from dreamc.errors import DreamError
from dreamc.provision.events import Outcome, Tell
from dreamc.provision.fleet import Pace
from dreamc.provision.secrets import mask, resolve, run_tool
from dreamc.provision.session import Session
from dreamc.provision.survey import Secrets, Survey, Wish, survey

if TYPE_CHECKING:
    from dreamc.provision.plan.types import Plan

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

    ahead("dreamc.provision.plan", "dreamc.provision.show")  # what comes after the answers
    found = at_once(tuple(scene.sessions), one, parallel)
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
    stack = scene.stack

    def wish(_name: str, bundle: Bundle | None) -> Wish:
        gone = bundle is None
        return Wish(stack.root, stack.project, bundle, mode=mode, gone=gone, steal=steal, allow_data_loss=allow)

    return wish


def planned(scene: Scene, found: Surveys) -> Plan:
    """The plan of all hosts that answered."""
    from dreamc.provision.plan.make import together

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
        from dreamc.cli.carrying import carried_out

        outcomes = carried_out(scene, found, secrets, course, supply)
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
    if outcomes:
        from dreamc.cli.telling import outcome

        click.echo("\n".join(map(outcome, outcomes)))
    if not outcomes and hosts:
        click.echo(f"nothing to do on {hosts} host{'s' * (hosts > 1)}")


def blocked(plan: Plan) -> int:
    """The exit code of what stands in the way of any host; 0 where nothing does."""
    return max((finding.code for host in plan.hosts for finding in host.blockers if host.changed), default=0)


def code_of(outcomes: tuple[Outcome, ...], found: Surveys) -> int:
    """The exit code of the whole."""
    codes = {one.code for one in outcomes} | ({1} if found.unreachable else set())
    return next((code for code in WORST if code in codes), 0)
