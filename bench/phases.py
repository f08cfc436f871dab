"""Run the programs of bench/micro/, which print what each phase took: "name: nanoseconds"."""
import re
import subprocess

from lockstep import environment, workplace
from results import BUILD, LUA

PATIENCE = 60  # seconds

CALLGRIND = ("valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=counted",
             "--dump-before=micro_clock", "--dump-before=clock")


def is_there(program):
    """Whether it was built, or its library is installed."""
    if not program.endswith(".lua"):
        return (BUILD / "bench/micro" / program).exists()
    library = program[:-len(".lua")].rsplit("_", 1)[1]
    return subprocess.run([LUA, "-l", library, "-e", ""], capture_output=True).returncode == 0


def command_of(program):
    if program.endswith(".lua"):
        return [LUA, f"micro/{program}"]
    return [f"bench/micro/{program}"]


def output_of(folder, program, args, tool=(), seed=1):
    settings = [f"{name}={value}" for name, value in environment(seed).items()]
    command = ["env", "-i", *settings, *tool, *command_of(program), *map(str, args)]
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True,
                          timeout=PATIENCE).stdout


def times(program, *args):
    """Phase by phase, in the program's order: the name and the figure."""
    with workplace() as folder:
        text = output_of(folder, program, args)
    return {name: float(value) for name, value in re.findall(r"^(.*): (\S+)$", text, re.M)}


def instructions(program, *args, seed=1):
    """The same, in instructions of the whole phase, of a program that does one round. Each
    phase lies between two readings of the clock, one dump each: odd ones are between phases."""
    with workplace() as folder:
        text = output_of(folder, program, args, CALLGRIND, seed)
        names = re.findall(r"^(.*): \S+$", text, re.M)
        dumps = [(folder / f"counted.{2 * i + 2}").read_text() for i in range(len(names))]
    totals = [int(re.search(r"^totals: (\d+)", dump, re.M)[1]) for dump in dumps]
    return dict(zip(names, totals))
