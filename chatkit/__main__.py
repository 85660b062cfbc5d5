"""python3 -m chatkit COMMAND: one row of a table for each command.

It parses on Python 2.7 too, as bootstrap/old_python.py does: a Python that is too old for chatkit must be able to say
so.
"""

import difflib
import importlib
import sys
from collections import namedtuple

from chatkit.bootstrap import old_python

# module: imported only when chosen; its main(argv) returns the exit code.
# environment: does it need the packages of requirements.txt? The others run on a bare Python. Where that depends on the
# arguments, it is a function of them.
Command = namedtuple("Command", ["name", "help", "module", "environment"])

COMMANDS = (
    Command("lab", "open JupyterLab on the first notebook (the first start sets everything up)",
            "chatkit.bootstrap.lab", False),
    Command("test", "run the tests of chatkit; --slow runs all of them",
            "chatkit.bootstrap.suite", False),
    Command("doctor", "what can this machine do, and how to mend the rest; --server HOST:PORT: is that server reached",
            "chatkit.doctor", False),
    Command("serve", "start the chat server",
            "chatkit.faces.serve", lambda argv: "--capture" in argv or makes_certificates(argv)),
    Command("chat", "chat in this terminal",
            "chatkit.faces.terminal", False),
    Command("window", "chat in a window",
            "chatkit.faces.window", False),
    Command("capture", "capture what the chat puts on the wire, into a file",
            "chatkit.faces.capturing", True),
    Command("ladder", "draw the conversations of a capture file as ladders",
            "chatkit.faces.laddering", True),
    Command("plot", "draw one of them over time: its segments, round trips, bytes in flight, throughput",
            "chatkit.faces.plotting", True),
    Command("check", "check QUESTION FILE ANSWER: is that right; check server HOST:PORT: does it keep to PROTOCOL.md",
            "chatkit.faces.checking", lambda argv: argv[:1] != ["server"]),
    Command("grade", "grade REPORT...: judge reports of lab 2 again; which mistakes does the class make?",
            "chatkit.faces.grading", True),
    Command("progress", "which questions were answered so far",
            "chatkit.faces.progress_view", True),
    Command("handout", "write the notebooks for the students from their sources; --solutions FOLDER: with the answers",
            "chatkit.faces.handout", False),
)

INTERRUPTED = 130  # what a shell reports for Ctrl-C: 128 + SIGINT


def main(argv):
    # type: (list[str]) -> int
    """Run one command; returns the exit code."""
    if old_python.is_too_old():
        sys.stderr.write(old_python.complaint(argv) + "\n")
        return 1
    if not argv or argv[0] in ("-h", "--help", "help"):
        sys.stdout.write(overview())
        return 0 if argv else 2
    commands = [command for command in COMMANDS if command.name == argv[0]]
    if not commands:
        sys.stderr.write(unknown(argv[0]) + "\n")
        return 2
    return run(commands[0], argv[1:])


def run(command, argv):
    # type: (Command, list[str]) -> int
    """Run a command and answer what it raises: an error of chatkit is a sentence, Ctrl-C is silent."""
    from chatkit.errors import ChatkitError

    print_whatever_is_said()
    try:
        if needs_environment(command, argv):
            from chatkit.bootstrap.builder import run_inside

            return run_inside(command.name, command.module, argv)
        return int(importlib.import_module(command.module).main(argv))
    except ChatkitError as error:
        sys.stderr.write("%s\n" % error)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def needs_environment(command, argv):
    # type: (Command, list[str]) -> bool
    """Whether this call of the command does."""
    return bool(command.environment(argv) if callable(command.environment) else command.environment)


def makes_certificates(argv):
    # type: (list[str]) -> bool
    """Whether `serve` is to be certified by an authority of its own; `--tl` is as good to argparse."""
    return bool({"--tls", "--tl"}.intersection(argv)) and not any(word.startswith("--cert") for word in argv)


def print_whatever_is_said():
    # type: () -> None
    """Let no character end the program: a console that lacks one (an old Windows code page) shows its number."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def overview():
    # type: () -> str
    """The help: a line for each command."""
    lines = ["usage: python3 -m chatkit COMMAND ...", ""]
    lines += ["  %-8s %s" % (command.name, command.help) for command in COMMANDS]
    lines += ["", "python3 -m chatkit COMMAND --help says more about one of them.", ""]
    return "\n".join(lines)


def unknown(word):
    # type: (str) -> str
    """What to say of a word that is no command."""
    names = [command.name for command in COMMANDS]
    near = difflib.get_close_matches(word, names, 1)
    guess = " Did you mean %s?" % near[0] if near else ""
    return "chatkit has no command '%s'.%s The commands are: %s." % (word, guess, ", ".join(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
