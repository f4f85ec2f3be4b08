"""A linear program in whole numbers, and its solution by HiGHS: one thread, a fixed seed, a bound on nodes instead of
seconds, so that the same program has the same answer everywhere that the same HiGHS is installed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from highspy import Highs

Terms = tuple[tuple[int, int], ...]
"""Column and coefficient."""
WORK = 4_000
"""Simplex iterations after which no further objective is begun."""
Answer = Literal["found", "impossible", "limit"]


@dataclass(slots=True)
class Program:
    """Columns from 0 to a bound, rows ``low <= sum <= high``, and objectives to be made small, the first first; it may
    be empty, as any values will do then. ``nodes`` bounds the branch-and-bound tree of each."""

    bounds: list[int] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[Terms, int | None, int | None]] = field(default_factory=list)
    objectives: list[Terms] = field(default_factory=lambda: [()])
    nodes: int = 1

    def column(self, bound: int, *, whole: bool = True) -> int:
        """A new unknown, from 0 to ``bound``."""
        self.bounds.append(bound)
        self.whole.append(whole)
        return len(self.bounds) - 1

    def row(self, terms: list[tuple[int, int]], *, low: int | None = None, high: int | None = None) -> None:
        """A new condition on a weighted sum."""
        self.rows.append((tuple(terms), low, high))


def solved(program: Program) -> tuple[Answer, tuple[int, ...]]:
    """The values of all columns, once all rows hold; "limit" where neither that nor its contrary was shown. Further
    objectives are taken up as long as the work lasts; one that comes to its limit keeps what it has."""
    if not program.bounds:
        return "impossible", ()
    model = _model(program)
    answer, best = _run(model, program, program.objectives[0])
    work = model.getInfo().simplex_iteration_count
    for reached, objective in pairwise(program.objectives if best else ()):
        if answer != "found" or work > WORK:
            break
        _fix(model, reached, best)
        answer, values = _run(model, program, objective)
        work += model.getInfo().simplex_iteration_count
        best = values or best
    return ("found" if best else answer), best


def _model(program: Program) -> Highs:
    from highspy import Highs, HighsLp, HighsVarType, MatrixFormat

    model = Highs()
    options = {"output_flag": False, "threads": 1, "random_seed": 0, "mip_max_nodes": program.nodes, "mip_rel_gap": 0.0}
    for name, value in options.items():
        model.setOptionValue(name, value)
    lp = HighsLp()
    lp.num_col_, lp.num_row_ = len(program.bounds), len(program.rows)
    lp.col_cost_, lp.col_lower_ = [0.0] * lp.num_col_, [0.0] * lp.num_col_
    lp.col_upper_ = [float(bound) for bound in program.bounds]
    lp.row_lower_ = [-model.inf if low is None else float(low) for _, low, _ in program.rows]
    lp.row_upper_ = [model.inf if high is None else float(high) for _, _, high in program.rows]
    starts = [0]
    for terms, _, _ in program.rows:
        starts.append(starts[-1] + len(terms))
    lp.a_matrix_.format_ = MatrixFormat.kRowwise
    lp.a_matrix_.start_ = starts
    lp.a_matrix_.index_ = [column for terms, _, _ in program.rows for column, _ in terms]
    lp.a_matrix_.value_ = [float(factor) for terms, _, _ in program.rows for _, factor in terms]
    kinds = HighsVarType.kInteger, HighsVarType.kContinuous
    lp.integrality_ = [kinds[0] if whole else kinds[1] for whole in program.whole]
    model.passModel(lp)
    return model


def _run(model: Highs, program: Program, objective: Terms) -> tuple[Answer, tuple[int, ...]]:
    from highspy import HighsModelStatus

    costs = dict(objective)
    count = len(program.bounds)
    model.changeColsCost(count, list(range(count)), [float(costs.get(column, 0)) for column in range(count)])
    model.run()
    status = model.getModelStatus()
    if status == HighsModelStatus.kInfeasible:
        return "impossible", ()
    there = model.getInfo().primal_solution_status == 2
    values = tuple(round(value) for value in model.getSolution().col_value) if there else ()
    return ("found" if status == HighsModelStatus.kOptimal else "limit"), values


def _fix(model: Highs, objective: Terms, values: tuple[int, ...]) -> None:
    """What has been reached stays reached, and is where the next objective starts from."""
    from highspy import HighsSolution

    if objective:
        reached = sum(factor * values[column] for column, factor in objective)
        columns, factors = [column for column, _ in objective], [float(factor) for _, factor in objective]
        model.addRow(-model.inf, float(reached), len(objective), columns, factors)
    start = HighsSolution()
    start.col_value = [float(value) for value in values]
    model.setSolution(start)
