"""python3 -m chatkit doctor: what can this machine do, and how to mend the rest.

    finding   a row of the table, and the table
    machine   what there is on this machine
    reach     is a chat server reached from here, and what blocks it
"""

import argparse

from chatkit.doctor.finding import Finding, table
from chatkit.doctor.machine import examine
from chatkit.doctor.reach import reach


def main(argv: list[str]) -> int:
    """Print the findings and the verdict; returns 0 where chat and notebooks can run, or the server is reached."""
    options = parser().parse_args(argv)
    findings = examine() if options.server is None else reach(options.server)
    print(table(findings))
    print()
    print(verdict(findings) if options.server is None else verdict_on_server(options.server, findings))
    return 0 if all(finding.ok for finding in findings if finding.needed) else 1


def parser() -> argparse.ArgumentParser:
    """The options of `doctor`."""
    result = argparse.ArgumentParser(
        prog="python3 -m chatkit doctor", description="Say what this machine can do, and how to mend what it cannot."
    )
    result.add_argument("--server", metavar="HOST:PORT", help="say whether that chat server is reached from here")
    return result


def verdict(findings: list[Finding]) -> str:
    """All findings in one sentence."""
    missing = [finding.what for finding in findings if not finding.ok]
    if any(finding.needed and not finding.ok for finding in findings):
        return f"This machine cannot run chatkit yet: see {', '.join(missing)}."
    if missing:
        return f"The chat and the notebooks run here, but not everything does: see {', '.join(missing)}."
    return "The chat and the notebooks run here, with everything they can do."


def verdict_on_server(server: str, findings: list[Finding]) -> str:
    """The end of the way to the server, in one sentence."""
    if all(finding.ok for finding in findings):
        return f"The chat server {server} is reached from here."
    return f"The chat server {server} is not reached from here: see the last row."
