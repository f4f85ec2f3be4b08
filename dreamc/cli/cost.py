"""`dreamc cost`: what a stack costs; its verbs are imported when they are asked for."""

from __future__ import annotations

from typing import Any

import click

from dreamc.cli.loading import load

VERBS: tuple[tuple[str, str, str], ...] = (
    ("estimate", "dreamc.cli.cost_estimate", "What one request, a day and a month cost: expected, and at the worst."),
    ("simulate", "dreamc.cli.cost_simulate", "Send imagined or logged requests through the policy, and count."),
    ("local", "dreamc.cli.cost_local", "What a million tokens of the own machines cost, by how busy they are."),
    ("break-even", "dreamc.cli.cost_break_even", "When the own card, a rented GPU, or the API is cheapest."),
    ("report", "dreamc.cli.cost_report", "What was spent, from the usage logs."),
    ("prices", "dreamc.cli.cost_prices", "What tokens cost, and where that is known from."),
)


class _Costs(click.Group):
    """Knows its verbs by name and loads them one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, _, _ in VERBS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = next((module for verb, module, _ in VERBS if verb == name), None)
        command: click.Command | None = load(module).command if module else None
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, _, text in VERBS])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.list_commands(ctx) and not ctx.resilient_parsing:
            from dreamc.knowledge.nearest import nearest

            close = nearest(name, self.list_commands(ctx), 1)
            hint = f" Did you mean '{close[0]}'?" if close else " See 'dreamc cost --help'."
            ctx.fail(f"there is no verb '{name}'.{hint}")
        return super().resolve_command(ctx, args)


@click.command("cost", cls=_Costs)
def command() -> None:
    """Say what a stack costs: before it runs, on traffic that was, and what it did cost. Money in US dollars."""
