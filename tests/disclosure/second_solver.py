"""A second opinion: the attack of tables/auditor.py with OR-tools' GLOP, from its own reading.

Run as a program: OR-tools and highspy cannot share a process. Reads JSON from standard input
(`sums`: rows of [cell, sign] pairs; `values`; `hidden`), writes [[low, high], …] of hidden cells.
"""

import json
import sys

from ortools.linear_solver import pywraplp


def main() -> None:
    """Least and most of every hidden cell."""
    asked = json.load(sys.stdin)
    values, hidden = asked["values"], set(asked["hidden"])
    solver = pywraplp.Solver.CreateSolver("GLOP")
    infinity = solver.infinity()
    cells = {cell: solver.NumVar(0.0, infinity, str(cell)) for cell in sorted(hidden)}
    for row in asked["sums"]:
        if not any(cell in hidden for cell, _ in row):
            continue
        right = -sum(sign * values[cell] for cell, sign in row if cell not in hidden)
        constraint = solver.Constraint(right, right)
        for cell, sign in row:
            if cell in hidden:
                constraint.SetCoefficient(cells[cell], sign)
    found = []
    for variable in cells.values():
        bounds = []
        for sense in (1, -1):
            objective = solver.Objective()
            objective.Clear()
            objective.SetCoefficient(variable, 1)
            objective.SetOptimizationDirection(sense < 0)
            status = solver.Solve()
            bounds.append(
                variable.solution_value() if status == pywraplp.Solver.OPTIMAL else sense * -1e300
            )
        found.append(bounds)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
