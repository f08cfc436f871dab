"""Messages from one and from four threads to a loop, and how long it takes to wake one up.

    channel.py BUILD [--quick]

Each round runs all programs one after the other. The limit is a queue under a mutex with an
eventfd, rung only where the queue was empty; libuv and libev, whose wake-ups carry nothing, get
the same queue. Real time: more threads than cores change what is measured.
"""
from phases import in_turns, is_there, known, with_whys
from results import QUICK, publish, row, table

PRODUCERS = 1, 4
MESSAGES = 1_000_000 if QUICK else 5_000_000
ROUNDS = 2 if QUICK else 11

LIMIT, CONTROL = "C: mutex, eventfd", "C: mutex, eventfd again"
PROGRAMS = (
    (LIMIT, "channel_raw"),
    (CONTROL, "channel_raw"),
    ("C: mio", "channel_mio"),
    ("C: libuv", "channel_libuv"),
    ("C: libev", "channel_libev"),
)
LATENCIES = "p50", "p99", "max"


def measure(producers, programs, whys):
    return in_turns(f"channel: {producers} producers", programs, ROUNDS, whys, producers, MESSAGES)


def rates_of(measured, programs):
    rows = [row(name, [known([1e3 / each["message"] for each in taken[name]])
                       for taken in measured]) for name, _ in programs]
    return table("million messages a second, by producers", PRODUCERS_TITLES, rows,
                 unit="million messages a second", better="higher")


def ratios_of(measured, programs):
    rows = [row(name, [known([limit["message"] / each["message"]
                              for each, limit in zip(taken[name], taken[LIMIT])])
                       for taken in measured]) for name, _ in programs[1:]]
    return table("messages, times of the limit", PRODUCERS_TITLES, rows,
                 unit="times of the limit", better="higher", control=CONTROL)


def latencies_of(taken, programs):
    rows = [row(name, [known([each[key] / 1e3 for each in taken[name]]) for key in LATENCIES])
            for name, _ in programs]
    return table("from send to handler, the receiver asleep", LATENCIES, rows, control=CONTROL)


PRODUCERS_TITLES = [str(each) for each in PRODUCERS]


def main():
    programs = [(name, program) for name, program in PROGRAMS if is_there(program)]
    whys = {}
    measured = [measure(producers, programs, whys) for producers in PRODUCERS]
    tables = [rates_of(measured, programs), ratios_of(measured, programs),
              latencies_of(measured[0], programs)]
    publish("channel", "Messages from other threads", "microseconds", "lower",
            with_whys(tables, whys), [
                "libevent has no message or wake-up for other threads but its locked "
                "event_active(), and luv's async handles lose payloads: they are not here.",
            ])


main()
