"""What apply, rollback and mode do once the plan is agreed to: every host with something to do, in waves."""

from __future__ import annotations

import secrets as random
from collections.abc import Mapping

from dreamc.cli.change import Course, Supply, Surveys
from dreamc.cli.hosts import Scene, revision, who
from dreamc.cli.telling import telling
from dreamc.provision.apply import Intent, Job, World, apply_host
from dreamc.provision.events import Outcome, Tell
from dreamc.provision.fleet import Pace, run, waves
from dreamc.provision.plan.state import state
from dreamc.provision.secrets import env_lines
from dreamc.provision.survey import Secrets, Survey, gather


def intent(course: Course, git: str) -> Intent:
    """A new token each time: two applies of one person are two."""
    token = random.token_hex(8)
    return Intent(token, who(), course.why, git, course.lock_timeout, course.steal, action=course.action)


def carried_out(scene: Scene, found: Surveys, secrets: Secrets, course: Course, supply: Supply) -> tuple[Outcome, ...]:
    """All hosts with something to do, with progress."""
    todo = {name: one for name, one in found.hosts.items() if one.plan.changed}
    wanted = intent(course, revision(scene.folder))
    with telling(tuple(todo), course.quiet) as tell:
        return _in_waves(scene, todo, secrets, wanted, course.pace, supply, tell)


def _in_waves(
    scene: Scene, todo: Mapping[str, Survey], secrets: Secrets, wanted: Intent, pace: Pace, supply: Supply, tell: Tell
) -> tuple[Outcome, ...]:

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
