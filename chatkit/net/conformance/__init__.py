"""Does a server keep to PROTOCOL.md? Tried out over TCP, with raw bytes, so any server in any language can be judged.

judging.py   runs the rules, and reports       entering.py   HELLO, JOIN, USERS, JOINED
rule.py      a rule, and how it is tried       naming.py     which names there are, and who has one
visit.py     one check's clients               framing.py    a stream of bytes becomes lines
probe.py     one of them, a socket             talking.py    who hears what
dialling.py  where its socket comes from       refusing.py   ERROR and its codes
tunnel.py    its way into a sealed server      leaving.py    QUIT, LEFT, the end of a connection
                                               offering.py   PAST, CAPTURE, where a server has them
                                               enduring.py   what one client does must not harm another
                                               sealing.py    the two rules that TLS adds
"""

from chatkit.net.conformance.judging import Report, judge
from chatkit.net.conformance.rule import Verdict

__all__ = ["Report", "Verdict", "judge"]
