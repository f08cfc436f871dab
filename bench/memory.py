"""The memory of a server for one more idle connection.

    memory.py BUILD [--quick]   a build directory with -Dbench=true

What the process itself got from the kernel, resident, with many connections and with few; the
difference divided by the connections in between. The kernel's own memory for a socket is the
same for all, and not in it.
"""
from compare import STARTS
from programs import ECHO, ECHO_LIMIT, script
from results import QUICK, progress, publish, row, summary, table
from serving import Failed, anonymous_bytes, session

FEW, MANY = 100, 1_100 if QUICK else 8_100


CQUEUES = script("Lua: cqueues", "cqueues.lua", "idle")


def bytes_with(program, count):
    with session(program, "-i", count, "-c", 1) as each:
        each.turn(requests=1)
        return anonymous_bytes(each.server.process.pid)


def bytes_of_one(program):
    return (bytes_with(program, MANY) - bytes_with(program, FEW)) / (MANY - FEW)


def memory_row(program):
    progress(f"memory: {program.name}")
    try:
        return row(program.name, [summary([bytes_of_one(program) for _ in range(STARTS)])])
    except Failed as failed:
        return row(program.name, [None], str(failed))


def main():
    echo = [CQUEUES if program.name == CQUEUES.name else program for program in ECHO]
    rows = [memory_row(program) for program in (ECHO_LIMIT, *echo)]
    publish("memory", "Memory of an idle connection", "bytes", "lower",
            [table(f"Resident bytes for one of {MANY - FEW:,} idle connections",
                   ["bytes"], rows)],
            ["The servers are those of the echo over TCP, but for cqueues, whose buffers are made "
             "larger there: here they have the size that cqueues gives them."])


main()
