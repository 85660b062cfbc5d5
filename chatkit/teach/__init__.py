"""How it is learned: questions about the student's own capture, and answers judged on it. Pure, as `tcp` is.

question    a question is data: what is right on a conversation, which mistakes give what, where to look
value       what can be an answer; kind, how it is asked for and read; typed, what a person typed
landmarks   the segments that questions ask about, found in a conversation
handshake   the questions about how a connection opens; and a file each for the other subjects
catalogue   all questions, by their names
fitness     what a question needs of a conversation, and what to redo where that is missing
evidence    which conversation of a capture an answer is judged on
example     other conversations, to work a question on
hints       the ladder of hints
general     mistakes that can be made with any answer
checker     an answer and the evidence -> feedback
feedback    verdict, sentences, and where to look; card, the same for a notebook
"""
