"""How it is learned: questions about the student's own capture, and answers judged on it.

    question       a question is data: what is right on a conversation, which mistakes give what, where to look
    subjects       the questions themselves, a table for each subject; catalogue, all of them by their names
    value          what can be an answer; kind, how it is asked for and read; typed, what a person typed
    landmarks      the segments that questions ask about, found in a conversation
    fitness        what a question needs of a conversation, and what to redo where that is missing
    evidence       which conversation of a capture an answer is judged on
    example        other conversations, to work a question on
    hints          the ladder of hints
    general        mistakes that can be made with any answer
    checker        an answer and the evidence -> feedback; remarks, the sentences in it
    verdict        how an answer was judged; feedback, why, and where to look; card, the same for a notebook
    grading        right, or an error: for cells that are graded
    progress       what a student has predicted, answered and been shown, in a plain file
    preflight      which exercises a machine allows
    framing        code as an answer: a framing is fed every cut (framing_steps, framing_mistakes); code runs it
    detective      the questions of lab 2; answer_sheet reads the answers, report packs what is handed in,
                   class_report counts over a class

Judging is pure: no clock, file or screen. Only progress, answer_sheet and report touch files.
"""
