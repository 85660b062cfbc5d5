"""A filter that the kernel applies before it hands frames over: "tcp or udp port N", as a program of the classic BPF.

     0  load the EtherType          an instruction: what to do, where to jump if true, where if false, and a number
     1  is it IPv4? else to 12      (McCanne and Jacobson, "The BSD Packet Filter", USENIX 1993)
    ...

The kernel runs it for each frame, so what nobody wants costs no copy and no room. It takes IPv4 with options, and no
later fragments; IPv6 without extension headers.
"""

import ctypes
import socket
from struct import pack

SO_ATTACH_FILTER = 26  # asm-generic/socket.h

# linux/bpf_common.h: the class of an instruction, with the size of what it loads and from where
_LOAD_BYTE, _LOAD_HALF = 0x30, 0x28  # from a place in the frame
_LOAD_HALF_BEHIND = 0x48  # from a place that lies X further
_LOAD_HEADER_LENGTH = 0xB1  # X = 4 * (the low half of a byte)
_IF_EQUAL, _IF_ANY_BIT, _RETURN = 0x15, 0x45, 0x06

_TYPE, _IPV4, _IPV6 = 12, 0x0800, 0x86DD
_IP, _PROTOCOL, _PLACE, _NEXT_HEADER = 14, 14 + 9, 14 + 6, 14 + 6
_BEHIND_IPV6 = 14 + 40
_TCP, _UDP = 6, 17
_ALL, _NOTHING = 0x40000, 0  # bytes of the frame that are handed over

Instruction = tuple[int, int, int, int]  # operation, jump if true, jump if false, number


def port_filter(port: int) -> tuple[Instruction, ...]:
    """Frames of Ethernet with a TCP segment or UDP datagram from or to this port. Jumps count from the next one."""
    return (
        (_LOAD_HALF, 0, 0, _TYPE),
        (_IF_EQUAL, 0, 10, _IPV4),  # else to 12
        (_LOAD_BYTE, 0, 0, _PROTOCOL),
        (_IF_EQUAL, 1, 0, _TCP),
        (_IF_EQUAL, 0, 16, _UDP),  # else nothing
        (_LOAD_HALF, 0, 0, _PLACE),
        (_IF_ANY_BIT, 14, 0, 0x1FFF),  # a later fragment has no ports: nothing
        (_LOAD_HEADER_LENGTH, 0, 0, _IP),
        (_LOAD_HALF_BEHIND, 0, 0, _IP),
        (_IF_EQUAL, 10, 0, port),  # all
        (_LOAD_HALF_BEHIND, 0, 0, _IP + 2),
        (_IF_EQUAL, 8, 9, port),  # all, else nothing
        (_IF_EQUAL, 0, 8, _IPV6),  # else nothing
        (_LOAD_BYTE, 0, 0, _NEXT_HEADER),
        (_IF_EQUAL, 1, 0, _TCP),
        (_IF_EQUAL, 0, 5, _UDP),  # else nothing
        (_LOAD_HALF, 0, 0, _BEHIND_IPV6),
        (_IF_EQUAL, 2, 0, port),  # all
        (_LOAD_HALF, 0, 0, _BEHIND_IPV6 + 2),
        (_IF_EQUAL, 0, 1, port),  # all, else nothing
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, _NOTHING),
    )


def attach(sock: socket.socket, program: tuple[Instruction, ...]) -> None:
    """Let the kernel filter what this packet socket gets (Linux). Raises OSError where it does not take the program."""
    code = ctypes.create_string_buffer(b"".join(pack("HBBI", *instruction) for instruction in program))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, pack("HP", len(program), ctypes.addressof(code)))
