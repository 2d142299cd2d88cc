#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares strata's drivers with this machine's own CPU and with qemu-riscv64.

  make bench                      builds what it needs, then runs this
  make bench ARGS=--quick         a third of the work, one repetition
  make bench ARGS='--bench fib,vm --driver jit'
  make bench ARGS=--markdown      the table for docs/benchmarks.md

Every repetition runs, for each program, native and then each emulator in turn, so that a drift of
the machine meets all of them alike. The time is the median user+system CPU time of the process; for
hello it is the wall time from start to exit. A run counts only if it prints the same line as native.

MIPS are guest instructions a second, in millions. strata counts its instructions (-d stats) and
those of qemu-riscv64 are taken from strata, because it runs the same program. "x native" is how
many times longer than the machine's own CPU it took, "x qemu" the time against qemu-riscv64 (below
1: faster). The step driver gets a tenth of the work; its times are scaled up by instruction counts.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

import report
from measure import run

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Program and work in percent of its default, so that native takes 0.1 to 0.2 s on a machine of 2024.
INTEGER = {"sieve": 30, "fib": 80, "hash": 65, "strings": 45, "sort": 50, "vm": 35, "muldiv": 25,
           "memstream": 30, "sha256": 50, "aes": 50, "alloc": 55, "records": 60, "mixed": 50,
           "atomic": 75}
# An interpreter with soft float is about eight times slower here than on the integer rows.
FLOAT = {"nbody": 42, "mandel": 48, "matmul": 48, "simd": 28}
# Shown, but in no mean: they measure one cost each (system calls, first execution, exact results).
EXTRA = {"syscalls": 50, "cold": 100, "matexact": 24}
WORK = {**INTEGER, **FLOAT, **EXTRA}

STATS = re.compile(r"^stats: instructions (\d+)$", re.M)
NATIVE = re.compile(r"^tiers: native \d+ instructions \(([0-9.]+) %\)$", re.M)
STEP_SHARE = 10     # the step driver gets one part in so many of the work
TIMEOUT = 120       # seconds; a run that takes longer counts as failed


class Driver:
    """One way to run a guest program: a name for the rows and the words before the program."""

    def __init__(self, name, words, log=None, share=1):
        self.name, self.words, self.log, self.share = name, words, log, share

    def measure(self, program, percent):
        """Runs the program once; adds the guest's instruction count where the driver tells it."""
        if self.log:
            self.log.write_text("")
        work = [str(max(1, percent // self.share))] if percent else []
        result = run([*self.words, str(program), *work], TIMEOUT)
        found = STATS.search(self.log.read_text(errors="replace")) if self.log else None
        result["instructions"] = int(found.group(1)) if found else None
        return result


def qemu_version(path):
    """The version as a tuple of numbers, or None if the file is no working qemu."""
    try:
        text = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else None


def qemus(extra):
    """The newest installed qemu-riscv64 first, then those asked for by path; no version twice."""
    names = ("qemu-riscv64", "qemu-riscv64-static")
    installed = [p for p in map(shutil.which, names) if p]
    ranked = sorted(((qemu_version(p), p) for p in installed if qemu_version(p)), reverse=True)[:1]
    for path in extra:
        version = qemu_version(path)
        if version is None:
            sys.exit(f"bench: {path} is no working qemu-riscv64; give the path of the program")
        ranked.append((version, path))
    ranked.sort(reverse=True)
    return [Driver("qemu " + ".".join(map(str, v)), [p]) for v, p in dict(ranked).items()]


def strata_drivers(path, scratch):
    """strata's own drivers, or none (with a note) when the program is not there."""
    if not os.access(path, os.X_OK):
        print(f"bench: {path} is missing, so only native and qemu are measured", file=sys.stderr)
        return []
    log = scratch / "stats.log"
    words = [str(path), "run", "-d", "stats", "-D", str(log), "-accel"]
    return [Driver("strata jit", [*words, "jit"], log),
            Driver("strata block", [*words, "interp"], log),
            Driver("strata step", [*words, "interp,step=on"], log, STEP_SHARE)]


def shares(options, names):
    """Percent of each program's instructions that the JIT ran as host code, from runs of their own: counting costs
    time."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="strata-bench") as scratch:
        log = pathlib.Path(scratch) / "tiers.log"
        words = [str(options.strata), "run", "-d", "tiers", "-D", str(log), "-accel", "jit"]
        for name in names:
            run([*words, str(options.programs / "riscv64" / name), str(options.percent(name))], TIMEOUT)
            match = NATIVE.search(log.read_text(errors="replace")) if log.exists() else None
            if match:
                found[name] = float(match.group(1))
    return found


def line_of(output, name):
    """The program's own line, wherever an emulator's messages leave it."""
    return next((l.strip() for l in output.splitlines() if l.startswith(name + " ")), None)


class Bench:
    """All measurements of one invocation: runs[program][driver] is a list of results."""

    def __init__(self, options, drivers):
        self.options, self.drivers = options, drivers
        self.native = Driver("native", [])
        self.runs = {b: {} for b in options.bench}
        self.hello, self.failed = {}, {}
        self.expected = {}

    def folder(self, driver):
        return self.options.programs / ("native" if driver is self.native else "riscv64")

    def want(self, name, percent, share):
        """Native's line for this much work, from the last native run or from one of its own."""
        key = (name, max(1, percent // share))
        if key not in self.expected:
            helper = Driver("native", [], share=share)
            self.expected[key] = line_of(helper.measure(self.folder(self.native) / name, percent)["out"], name)
        return self.expected[key]

    def once(self, name, driver):
        """One run of one program under one driver, checked against native's line."""
        percent = self.options.percent(name)
        result = driver.measure(self.folder(driver) / name, percent)
        line = line_of(result.pop("out"), name)
        if driver is self.native and result["status"] == 0:
            self.expected[name, percent] = line
        if result["status"] == -9:
            self.failed[name, driver.name] = f"no end within {TIMEOUT} s"
        elif result["status"] != 0:
            self.failed[name, driver.name] = f"exit status {result['status']}"
        elif line is None or line != self.want(name, percent, driver.share):
            self.failed[name, driver.name] = "another line than native's"
        else:
            self.runs[name].setdefault(driver.name, []).append(result)

    def repeat(self):
        """All repetitions of all programs, the drivers interleaved."""
        for repetition in range(self.options.repetitions):
            for number, name in enumerate(self.options.bench, 1):
                print(f"\rbench: repetition {repetition + 1} of {self.options.repetitions}, "
                      f"program {number} of {len(self.options.bench)}: {name:<10}",
                      end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
                for driver in [self.native, *self.drivers]:
                    # The slow driver gets every other repetition only.
                    due = driver.share == 1 or repetition % 2 == 0
                    if due and (name, driver.name) not in self.failed:
                        self.once(name, driver)
        if sys.stderr.isatty():
            print(file=sys.stderr)

    def start_up(self):
        """Start to exit of a program that prints one line; not for the step driver."""
        for _ in range(self.options.hello):
            for driver in [self.native, *(d for d in self.drivers if d.share == 1)]:
                result = driver.measure(self.folder(driver) / "hello", None)
                if result["status"] == 0 and line_of(result["out"], "hello"):
                    self.hello.setdefault(driver.name, []).append(result["wall"])


def machine(options):
    """What the figures depend on, for the head of the table."""
    def first_line(command):
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.split("\n")[0]
        except (OSError, subprocess.SubprocessError):
            return "not found"
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(errors="replace"))
    return {"cpu": cpu.group(1) if cpu else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "date": datetime.date.today().isoformat(),
            "gcc": first_line(["gcc", "--version"]),
            "guest gcc": first_line(["riscv64-linux-gnu-gcc", "--version"]),
            "work": f"{options.scale} % of the usual, {options.repetitions} repetitions"}


def arguments():
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a third of the work, one repetition")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--bench", help="programs to run, with commas between (default: all)")
    parser.add_argument("--driver", action="append", metavar="WORD",
                        help="keep the drivers whose name has this word: qemu, jit, block, step")
    parser.add_argument("--repetitions", type=int, metavar="N", help="default 3, with --quick 1")
    parser.add_argument("--scale", type=int, metavar="PERCENT", help="work, default 100, with --quick 33")
    parser.add_argument("--hello", type=int, default=20, metavar="N", help="starts of hello, default 20")
    parser.add_argument("--qemu", action="append", default=[], metavar="PATH", help="one more qemu-riscv64")
    parser.add_argument("--strata", type=pathlib.Path, default=ROOT / "target/release/strata", metavar="PATH")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "target/bench", metavar="FOLDER")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "target/bench.json", metavar="FILE")
    options = parser.parse_args()
    options.bench = options.bench.split(",") if options.bench else list(WORK)
    for name in options.bench:
        if name not in WORK:
            parser.error(f"no program '{name}'; there are {', '.join(WORK)}")
    options.repetitions = options.repetitions or (1 if options.quick else 3)
    options.scale = options.scale or (33 if options.quick else 100)
    options.percent = lambda name: max(1, WORK[name] * options.scale // 100)
    return options


def main():
    options = arguments()
    if not (options.programs / "native/hello").exists():
        sys.exit(f"bench: no programs in {options.programs}; run make bench, which builds them")
    if not (options.programs / "riscv64/hello").exists():
        sys.exit("bench: no guest programs: install gcc-riscv64-linux-gnu and libc6-dev-riscv64-cross, "
                 "then run make bench again")
    with tempfile.TemporaryDirectory(prefix="strata-bench") as scratch:
        drivers = qemus(options.qemu) + strata_drivers(options.strata, pathlib.Path(scratch))
        if not any(d.name.startswith("qemu") for d in drivers):
            print("bench: no qemu-riscv64 on this machine (package qemu-user), so no comparison with it",
                  file=sys.stderr)
        if options.driver:
            drivers = [d for d in drivers if any(word in d.name for word in options.driver)]
        bench = Bench(options, drivers)
        bench.repeat()
        bench.start_up()
    groups = {"integer": list(INTEGER), "integer and float": [*INTEGER, *FLOAT]}
    result = report.evaluate(bench.runs, bench.hello, groups)
    jit = [name for name, by_driver in bench.runs.items() if "strata jit" in by_driver]
    result["native_percent"] = shares(options, jit)
    result["machine"] = machine(options)
    result["failed"] = {f"{name} under {driver}": why for (name, driver), why in bench.failed.items()}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({**result, "runs": bench.runs}, indent=1) + "\n")
    print((report.markdown if options.markdown else report.text)(result))
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
