"""A report: what a student hands in of lab 2, and an instructor judges again, offline.

    capture.pcapng    the student's capture, whole or headers only
    answers.txt       the answers, without the student's own notes
    verdicts.json     by the ids of the questions: the verdict, and the mistake that was recognised

Nobody's name is in it unless it is given. Verdicts are never believed: the answers are judged again on the capture.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from chatkit.capture.capture import Capture
from chatkit.capture.headers_only import has_text, headers_only
from chatkit.capture.pcap import GZIP
from chatkit.errors import MisuseError
from chatkit.protocol.text import clean, quote
from chatkit.teach.answer_sheet import AnswerSheet
from chatkit.teach.detective import IDS, LAB, judge, reads_text
from chatkit.teach.feedback import Feedback, Verdict

FORMAT = 1
CAPTURE, ANSWERS, VERDICTS = "capture.pcapng", "answers.txt", "verdicts.json"
MAX_CAPTURE_BYTES = 256 * 1024**2  # a report comes from anybody, and zip can make much of little
MAX_TEXT_BYTES = 1024**2
MAX_NAME = 100  # characters
MAX_VERDICTS = 1000

# What zipfile raises of a file that is broken, encrypted, or packed in a way that it does not know
_NO_ZIP = (OSError, BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Claim:
    """How an answer was judged: the verdict's word, and the id of the mistake, or empty."""

    verdict: str
    mistake: str = ""

    @classmethod
    def of(cls, feedback: Feedback) -> "Claim":
        """What a feedback says, in short."""
        return cls(feedback.verdict.word, feedback.named.id if feedback.named else "")

    def __str__(self) -> str:
        return self.verdict + (f" ({self.mistake})" if self.mistake else "")


@dataclass(frozen=True, slots=True)
class Report:
    """What was handed in."""

    capture: Capture
    sheet: AnswerSheet
    claims: Mapping[str, Claim]  # by the ids of the questions: what the report says of itself
    name: str = ""


class Outcome(Enum):
    """What judging again says of one verdict."""

    AGREES = "agrees"
    DIFFERS = "DIFFERS"
    OPEN = "cannot be judged again"


@dataclass(frozen=True, slots=True)
class Regraded:
    """One verdict, judged again."""

    id: str
    outcome: Outcome
    why: str

    def __str__(self) -> str:
        return f"{clean(self.id)[:MAX_NAME]}: {self.outcome.value}. {self.why}"


def write_report(
    path: Path, capture: Capture, sheet: AnswerSheet, *, only_headers: bool = False, name: str = ""
) -> Path:
    """Judge the answers and write all that is handed in. Raises MisuseError for a part of a capture."""
    if any(frame.number != place for place, frame in enumerate(capture.frames, start=1)):
        raise MisuseError("This is a part of a capture, whose frames would get other numbers: hand in the whole.")
    claims = {feedback.question.id: Claim.of(feedback) for feedback in judge(capture, sheet)}
    own = replace(capture, source=f"handed in for lab {LAB}")  # where it was read from may tell who read it
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        file.writestr(CAPTURE, _saved(headers_only(own) if only_headers else own))
        file.writestr(ANSWERS, str(sheet))
        file.writestr(VERDICTS, _encode(claims, name))
    return path


def read_report(path: Path) -> Report:
    """Read what was handed in. Raises MisuseError or CaptureError where it is no report."""
    try:
        with ZipFile(path) as file:
            frames = _member(file, CAPTURE, MAX_CAPTURE_BYTES)
            answers, verdicts = (_member(file, name, MAX_TEXT_BYTES) for name in (ANSWERS, VERDICTS))
    except _NO_ZIP as error:
        raise MisuseError(f"{path} cannot be read as a report: {error}.") from error
    if frames.startswith(GZIP):
        raise MisuseError(f"Its {CAPTURE} is packed once more, as no report has it.")
    claims, student = _decode(verdicts)
    return Report(Capture.decode(frames, f"the capture in {path}"), AnswerSheet.decode(answers, IDS), claims, student)


def regrade(report: Report) -> tuple[Regraded, ...]:
    """Judge every answer again, and compare; what a report says beyond the lab's questions differs, too."""
    judged = verdicts(report)
    known = (_regraded(id, report.claims.get(id), judged.get(id)) for id in IDS)
    unknown = (Regraded(id, Outcome.DIFFERS, "The lab has no such question.") for id in report.claims if id not in IDS)
    return (*known, *unknown)


def verdicts(report: Report) -> dict[str, Claim]:
    """How the answers are judged again; those that the capture does not allow to judge are left out."""
    is_blind = not has_text(report.capture)
    judged = judge(report.capture, report.sheet)
    return {f.question.id: Claim.of(f) for f in judged if not (is_blind and reads_text(f.question))}


def _regraded(id: str, claim: Claim | None, found: Claim | None) -> Regraded:
    """Compare what the report says with what was found; None is nothing."""
    if claim is None:
        return Regraded(id, Outcome.DIFFERS, "The report has no verdict on it.")
    if found is None:
        return Regraded(id, Outcome.OPEN, f"It asks about the text, which is zeroed; the report says {claim}.")
    if found == claim:
        return Regraded(id, Outcome.AGREES, f"It is {found}.")
    return Regraded(id, Outcome.DIFFERS, f"The report says {claim}; judged again it is {found}.")


def _saved(capture: Capture) -> bytes:
    with TemporaryDirectory() as folder:
        return capture.save(Path(folder, CAPTURE)).read_bytes()


def _member(file: ZipFile, name: str, limit: int) -> bytes:
    if name not in file.namelist():
        raise MisuseError(f"It has no {name}, which every report has.")
    about = file.getinfo(name)
    if about.file_size > limit:
        raise MisuseError(f"Its {name} takes {about.file_size} bytes, at most {limit}.")
    if about.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise MisuseError(f"Its {name} is packed in a way that no report is.")  # one that unpacks without a limit
    with file.open(name) as member:
        return member.read(about.file_size)  # read() alone would unpack all of one that lies about its size


def _encode(claims: Mapping[str, Claim], name: str) -> str:
    verdicts = {id: {"verdict": claim.verdict, "mistake": claim.mistake or None} for id, claim in claims.items()}
    return json.dumps(
        {"format": FORMAT, "lab": LAB, **({"name": name} if name else {}), "verdicts": verdicts},
        indent=2,
        ensure_ascii=False,
    )


def _decode(data: bytes) -> tuple[dict[str, Claim], str]:
    try:
        said: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MisuseError(f"Its {VERDICTS} is no JSON: {error}.") from error
    if not isinstance(said, dict) or (said.get("format"), said.get("lab")) != (FORMAT, LAB):
        raise MisuseError(f"Its {VERDICTS} is not that of a report of lab {LAB}, format {FORMAT}.")
    verdicts = said.get("verdicts")
    if not isinstance(verdicts, dict):
        raise MisuseError(f"Its {VERDICTS} has no verdicts.")
    if len(verdicts) > MAX_VERDICTS:
        raise MisuseError(f"Its {VERDICTS} has {len(verdicts)} verdicts, at most {MAX_VERDICTS}.")
    return {id: _claim(id, verdict) for id, verdict in verdicts.items()}, clean(str(said.get("name", "")))[:MAX_NAME]


def _claim(id: str, said: Any) -> Claim:
    if not isinstance(said, dict) or said.get("verdict") not in [verdict.word for verdict in Verdict]:
        raise MisuseError(f"Its verdict on {quote(id)} is none.")
    return Claim(said["verdict"], clean(str(said.get("mistake") or ""))[:MAX_NAME])
