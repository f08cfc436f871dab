"""Run the programs of bench/micro/, which print what each phase took: "name: nanoseconds"."""
import re
import subprocess

from lockstep import in_environment, in_steady_environment, workplace
from results import BUILD, LUA, progress, summary
from serving import Failed

PATIENCE = 600  # seconds: under valgrind, on a busy machine

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


def output_of(folder, program, args, within):
    """Of a program, within an environment and by a tool."""
    command = [*within, *command_of(program), *map(str, args)]
    try:
        return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True,
                              timeout=PATIENCE).stdout
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {PATIENCE} s") from None
    except subprocess.CalledProcessError as error:
        raise Failed(f"ended with status {error.returncode}") from None


def times(program, *args):
    """Phase by phase, in the program's order: the name and the figure."""
    with workplace() as folder:
        text = output_of(folder, program, args, in_environment())
    return {name: float(value) for name, value in re.findall(r"^(.*): (\S+)$", text, re.M)}


def instructions(program, *args, seed=1):
    """The same, in instructions of the whole phase, of a program that does one round. Each
    phase lies between two readings of the clock, one dump each: odd ones are between phases."""
    with workplace() as folder:
        text = output_of(folder, program, args, [*in_steady_environment(seed), *CALLGRIND])
        names = re.findall(r"^(.*): \S+$", text, re.M)
        dumps = [(folder / f"counted.{2 * i + 2}").read_text() for i in range(len(names))]
    totals = [int(re.search(r"^totals: (\d+)", dump, re.M)[1]) for dump in dumps]
    return dict(zip(names, totals))


def tried(whys, name, measure, program, *args):
    """What a program gives; nothing, where it fails or has failed before: why is kept."""
    if name in whys:
        return {}
    try:
        return measure(program, *args)
    except Failed as failed:
        whys[name] = str(failed)
        return {}


def in_turns(what, programs, rounds, whys, *args):
    """All programs one after the other, round after round. Returns what their rounds took:
    nothing, of one that fails in any."""
    taken = {name: [] for name, _ in programs}
    for i in range(rounds):
        progress(f"{what}, round {i + 1}")
        for name, program in programs:
            taken[name].append(tried(whys, name, times, program, *args))
    return {name: [] if name in whys else rounds_of for name, rounds_of in taken.items()}


def known(values):
    """Their summary, where there are any."""
    return summary(values) if values else None


def median_of(taken, phase):
    """Of the rounds that have the phase."""
    return known([each[phase] for each in taken if phase in each])


def ratio_of(taken, limit, phase):
    """The same, by what the limit took in the round."""
    return known([each[phase] / base[phase] for each, base in zip(taken, limit)
                  if phase in each])


def with_whys(tables, whys):
    """The tables, whose rows say why something is missing in them."""
    for each in tables:
        for line in each["rows"]:
            if None in line["values"] and line["name"] in whys:
                line["why"] = whys[line["name"]]
    return tables
