"""Solutions of the labs: the right ones, and the wrong ones that students write."""

from pathlib import Path

ANSWERS_TO_FIRST_WORDS = Path(__file__).with_name("first-words-answers.txt")  # lab 2, on a capture that chatkit brings
