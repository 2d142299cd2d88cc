# SPDX-License-Identifier: MIT
"""Turns measurements into rows and rows into a table."""
import math
import statistics

HEAD = ("program", "driver", "CPU s", "MIPS", "x native", "x qemu")
START_UP = "hello"


def median(runs, key):
    """The median of one figure over the runs that have it, or None."""
    values = [r[key] for r in runs if r[key] is not None]
    return statistics.median(values) if values else None


def geometric_mean(values):
    values = [v for v in values if v]
    return math.exp(statistics.fmean(map(math.log, values))) if values else None


def ratio(a, b):
    return a / b if a is not None and b else None


def evaluate(runs, hello, groups):
    """Rows for every program and driver, and the geometric means of `groups` (name -> programs)."""
    rows = [row for program, by_driver in runs.items() for row in rows_of(program, by_driver)]
    means = []
    drivers = list(dict.fromkeys(r["driver"] for r in rows))
    for group, programs in groups.items():
        for driver in drivers:
            of = [r for r in rows if r["driver"] == driver and r["program"] in programs]
            if not of or driver == "native":
                continue
            means.append({"program": group, "driver": driver, "over": len(of), "of": len(programs), "cpu": None,
                          **{k: geometric_mean([r[k] for r in of])
                             for k in ("mips", "slowdown", "against_qemu")}})
    spread = [(max(c) - min(c)) / statistics.median(c)
              for by_driver in runs.values() for v in by_driver.values()
              for c in [[r["cpu"] for r in v]] if len(c) > 1 and min(c) > 0]
    return {"rows": rows, "means": means,
            "hello_ms": {d: 1e3 * statistics.median(w) for d, w in hello.items()},
            "spread": {"median": statistics.median(spread), "worst": max(spread)} if spread else None}


def rows_of(program, by_driver):
    """One row a driver. Times of a driver that got less work are scaled to the full work."""
    native = median(by_driver.get("native", []), "cpu")
    counts = {d: median(v, "instructions") for d, v in by_driver.items()}
    # strata's block driver and every qemu execute the same instructions.
    full = counts.get("strata block")
    qemu = next((median(v, "cpu") for d, v in by_driver.items() if d.startswith("qemu")), None)
    rows = []
    for driver, runs in by_driver.items():
        cpu = median(runs, "cpu")
        if driver == "strata step":
            cpu = cpu * full / counts[driver] if full and counts[driver] else None
        rows.append({"program": program, "driver": driver, "cpu": cpu,
                     "mips": None if driver == "native" or not cpu or not full else full / cpu / 1e6,
                     "slowdown": ratio(cpu, native), "against_qemu": ratio(cpu, qemu)})
    # Without the block driver there is no full count: step's MIPS stand alone.
    for row in rows:
        if row["driver"] == "strata step" and row["mips"] is None and counts["strata step"]:
            row["mips"] = counts["strata step"] / median(by_driver["strata step"], "cpu") / 1e6
    return rows


def cells(row):
    """One row as words; a figure that is not known is a dash."""
    def number(value, form):
        return "-" if value is None else form % value
    program = row["program"]
    if "over" in row:
        count = row["of"] if row["over"] == row["of"] else f"{row['over']} of {row['of']}"
        program = f"geometric mean, {count} {program}"
    return (program, row["driver"], number(row["cpu"], "%.3f"), number(row["mips"], "%.0f"),
            number(row["slowdown"], "%.2f"), number(row["against_qemu"], "%.2f"))


def facts(result):
    """The lines below the table."""
    lines = [f"{START_UP}, start to exit: " +
             ", ".join(f"{d} {ms:.1f} ms" for d, ms in result["hello_ms"].items())] if result["hello_ms"] else []
    if result["spread"]:
        lines.append("spread of the repetitions, (max - min) / median: median %.0f %%, worst %.0f %%"
                     % (100 * result["spread"]["median"], 100 * result["spread"]["worst"]))
    if result["native_percent"]:
        lines.append("instructions that strata jit ran as host code: " +
                     ", ".join(f"{name} {share:.2f} %" for name, share in result["native_percent"].items()))
    lines += [f"failed: {what}: {why}" for what, why in result["failed"].items()]
    lines.append(", ".join(f"{k} {v}" for k, v in result["machine"].items()))
    return lines


def text(result):
    """The table for a terminal, one block a program."""
    table = [HEAD] + [cells(r) for r in result["rows"] + result["means"]]
    widths = [max(len(r[i]) for r in table) for i in range(len(HEAD))]
    out, last = [], HEAD[0]
    for row in table:
        if row[0] != last:
            out.append("")
        last = row[0]
        out.append("  ".join(c.ljust(w) if i < 2 else c.rjust(w)
                             for i, (c, w) in enumerate(zip(row, widths))).rstrip())
    return "\n".join(out + [""] + facts(result))


def markdown(result):
    """The same table for a document."""
    rows = [cells(r) for r in result["rows"] + result["means"]]
    lines = ["| " + " | ".join(HEAD) + " |", "|---|---|---:|---:|---:|---:|"]
    lines += ["| " + " | ".join(r) + " |" for r in rows]
    return "\n".join(lines + [""] + [f"- {f}" for f in facts(result)])
