"""Two guests of a chat on loopback hear each other: multicast_chat.py COMMAND..."""
import random
import subprocess
import sys

from server import PATIENCE, WRAPPER, run

COMMAND = sys.argv[1:]
GROUP = f"239.255.70.{random.randint(1, 250)}:{random.randint(20000, 30000)}"


class Guest:
    def __init__(self, name):
        self.process = subprocess.Popen([*WRAPPER, *COMMAND, GROUP, "lo", name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.hears() == f"listening on {GROUP}"

    def hears(self):
        return self.process.stdout.readline().rstrip("\n")

    def says(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def leaves(self):
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0
        self.process.stdout.close()


def two_guests():
    """each hears the other, and himself, line by line"""
    ann, bob = Guest("ann"), Guest("bob")
    ann.says("hello")
    assert ann.hears() == bob.hears() == "ann: hello"
    bob.says("hello, ann\nand good-bye")
    for guest in (ann, bob):
        assert guest.hears() == "bob: hello, ann"
        assert guest.hears() == "bob: and good-bye"
    bob.leaves()
    ann.says("alone")
    assert ann.hears() == "ann: alone"
    ann.leaves()


def control():
    """nobody controls another one's terminal"""
    ann = Guest("ann")
    ann.says("\x1b[2J")
    assert ann.hears() == "ann: ?[2J"
    ann.leaves()


if __name__ == "__main__":
    run([two_guests, control])
