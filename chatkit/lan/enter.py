"""How a program comes into a host of a LAN. It is run as a file: enter.py NAMESPACES PROGRAM ARGUMENTS ...

    Popen's child: enter.py          its child: enter.py, then PROGRAM
      enters the namespaces -- fork --> is in the PID namespace, too, so that it ends with the LAN
      passes signals on to it           has the standard streams for itself
      ends as it ended <--------------- ends

NAMESPACES are the numbers of the open files that name them. It imports nothing of chatkit: it starts in an instant.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1
RELAYED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)
WATCHED = (*RELAYED, signal.SIGCHLD)
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # and by what it becomes, if nobody says otherwise

libc = ctypes.CDLL(None, use_errno=True)


def main(namespaces: list[int], program: list[str]) -> NoReturn:
    """Run the program in the namespaces, pass signals on to it, and end as it ends."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    try:
        enter(namespaces)
        child = os.fork()  # only a child is in the PID namespace
    except OSError as error:  # the LAN ended while we started
        sys.exit(f"{program[0]} could not enter its host: {error}")
    if not child:
        call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)  # it ends with its parent
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        become(program)
    os.closerange(0, 3)  # so that whoever reads what it prints sees the end of it
    end_as(wait_for(child))


def enter(namespaces: list[int]) -> None:
    """Enter them, and stay in the same folder: who enters a mount namespace starts at its root."""
    folder = os.getcwd()
    for number in namespaces:
        call("setns", number, 0)
        os.close(number)
    os.chdir(folder)


def become(program: list[str]) -> NoReturn:
    """Replace this process by the program, which finds the signals as Popen would leave them."""
    for number in IGNORED_BY_PYTHON:
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(program[0], program)
    except OSError as error:
        print(f"{program[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)  # as a shell says it


def wait_for(child: int) -> int:
    """Give its status when it has ended; until then pass on what others send to us.

    What a terminal sends it gets by itself.
    """
    while True:
        seen = signal.sigwaitinfo(WATCHED)
        if seen.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(child, os.WNOHANG)  # or it has only stopped
            if ended:
                return status
        elif seen.si_code <= 0:  # a process sent it, not the kernel (sigaction(2))
            os.kill(child, seen.si_signo)


def end_as(status: int) -> NoReturn:
    """End with the exit code, or by the signal, of the child."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # if it dumped its core, ours would overwrite it
        with contextlib.suppress(OSError):  # SIGKILL cannot be caught anyway
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (number,))
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status))


def call(name: str, *arguments: int) -> None:
    """Call a function of the C library; raises OSError. Python has setns by itself from 3.12 on."""
    if getattr(libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1].split(",")], sys.argv[2:])
