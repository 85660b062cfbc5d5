"""The helper of a LAN: the process that lives inside it. It is run as a file, in a process of its own, which has one
thread: a process with threads, as a Jupyter kernel is, may not leave its user namespace (user_namespaces(7)).

    our process                      the helper: process 1 of a PID namespace, so all that runs in the LAN ends with it
      server, clients, the wire <---- sockets made in ---- host's namespace --- veth --- the switch's namespace

    inside.py SOCKET        make the LAN, and then hand out sockets of it, until the other end of SOCKET closes
"""

import array
import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from typing import Any

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_SLAVE = 0x1000, 0x4000, 0x80000
MNT_DETACH = 2
PR_SET_PDEATHSIG = 1
SIOCETHTOOL = 0x8946
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)  # ETHTOOL_SRXCSUM, STXCSUM, SSG, STSO, SGSO, SGRO
MOST_BYTES = 65536  # of one message

HOSTS = "/etc/hosts"  # hosts(5)
IPV4, IPV6 = "/proc/sys/net/ipv4", "/proc/sys/net/ipv6/conf"
SCRATCH = "/tmp"

libc = ctypes.CDLL(None, use_errno=True)


def main(control: socket.socket) -> None:
    """Leave the namespaces of the user, and let a child, the first process of a PID namespace, do the rest."""
    wanted = json.loads(control.recv(MOST_BYTES))
    try:
        with step("namespaces"):
            kinds = leave_the_namespaces()
            child = os.fork()
    except Trouble as trouble:
        return answer(control, wanted, trouble.as_dict())
    if child:
        control.close()
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0)
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL)  # the child ends with its parent
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # it inherits the orphans of its namespace: let none be a zombie
    with contextlib.suppress(ConnectionError):  # the other end is gone, and so are we
        serve(control, wanted, kinds)


def leave_the_namespaces() -> list[str]:
    """Unshare, and say which namespaces a program has to enter: with a user namespace all rights come, in there."""
    kinds = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # root in a container may lack CAP_SYS_ADMIN
            call("unshare", kinds)
            return ["pid", "mnt"]
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", kinds | CLONE_NEWUSER)
    write("/proc/self/setgroups", "deny")  # else gid_map stays closed
    write("/proc/self/uid_map", f"0 {uid} 1")
    write("/proc/self/gid_map", f"0 {gid} 1")
    return ["user", "pid", "mnt"]


def arrange_files(hosts: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Let programs see the processes of the LAN in /proc, for `ps`, and its names in /etc/hosts.

    Give a remark where that is not allowed. All else in the file system stays as it is.
    """
    try:
        call("mount", None, b"/", None, MS_REC | MS_SLAVE, None)
    except OSError as error:  # nothing is mounted where others would see it
        yield f"Programs see the processes and the names of this machine, not those of the LAN: {error}."
        return
    try:
        call("mount", b"proc", b"/proc", b"proc", 0, None)
    except OSError as error:
        yield f"Programs like ps see the processes of this machine, not those of the LAN: {error}."
    try:
        name_the_hosts(hosts)
    except OSError as error:
        yield f"Programs know the hosts by address, not by name: {error}."


def name_the_hosts(hosts: Sequence[dict[str, Any]]) -> None:
    """Put a file over /etc/hosts that has the names of the LAN before those that were there."""
    with open(HOSTS) as opened:
        names = [f"{host['address6'] or host['address4']}\t{host['name']}\n" for host in hosts]
        text = "".join([*names, opened.read()])
    with scratch() as folder:
        write(f"{folder}/hosts", text)
        os.chmod(f"{folder}/hosts", 0o644)
        call("mount", f"{folder}/hosts".encode(), HOSTS.encode(), None, MS_BIND, None)


@contextlib.contextmanager
def scratch() -> Iterator[str]:
    """Give a folder in memory, for a moment, that nobody else sees."""
    call("mount", b"scratch", SCRATCH.encode(), b"tmpfs", 0, None)
    try:
        yield SCRATCH
    finally:
        call("umount2", SCRATCH.encode(), MNT_DETACH)


def serve(control: socket.socket, wanted: dict[str, Any], kinds: list[str]) -> None:
    """Make the LAN, say so, and obey until the other end is gone."""
    try:
        remarks = [*arrange_files(wanted["hosts"])]
        with step("network"):
            lan = Namespaces(wanted["hosts"], kinds)
    except Trouble as trouble:
        return answer(control, wanted, trouble.as_dict())
    answer(control, wanted, {"remarks": remarks})
    while data := control.recv(MOST_BYTES):
        request = json.loads(data)
        files: list[int] = []
        try:
            with step("request"):
                files = lan.obey(**request["do"])
        except Trouble as trouble:
            answer(control, request, trouble.as_dict())
        else:
            answer(control, request, {}, files)
        for number in files:
            os.close(number)


class Namespaces:
    """One network namespace for each host, and one for the switch; `kinds` are those that all of them share."""

    def __init__(self, hosts: list[dict[str, Any]], kinds: list[str]) -> None:
        self.kinds = kinds
        self.switch = file("net")
        self.hosts = [self._new(bool(host["address6"])) for host in hosts]
        self._enter(self.switch)
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()  # the wire will need them
        self._plug_in(hosts)
        for namespace, host in zip(self.hosts, hosts, strict=True):
            self._enter(namespace)
            configure(host)

    def obey(self, what: str, host: int, **details: Any) -> list[int]:
        """Do it in that host, counted from 0; -1 is the switch. Give the open files that come of it."""
        self._enter(self.hosts[host] if host >= 0 else self.switch)
        match what:
            case "socket":
                return [socket.socket(details["family"], details["type"], details["protocol"]).detach()]
            case "open":
                return [os.open(details["path"], os.O_RDONLY | os.O_CLOEXEC)]
            case "write":
                write(details["path"], details["text"])
                return []
            case "namespaces":
                return [*map(file, self.kinds), file("net")]
        raise ValueError(f"nothing is called {what}")

    def _new(self, ipv6: bool) -> int:
        call("unshare", CLONE_NEWNET)
        set_ipv6(ipv6)
        return file("net")

    def _enter(self, namespace: int) -> None:
        call("setns", namespace, CLONE_NEWNET)

    def _plug_in(self, hosts: list[dict[str, Any]]) -> None:
        """Join each host to the switch by a pair of interfaces: what goes into one comes out of the other."""
        from pyroute2 import IPRoute

        set_ipv6(False)  # the switch itself says nothing
        with IPRoute() as ip:
            for number, (namespace, host) in enumerate(zip(self.hosts, hosts, strict=True)):
                far_end = {"ifname": "eth0", "address": host["mac"], "net_ns_fd": namespace}
                ip.link("add", ifname=f"port{number}", kind="veth", peer=far_end)
                ip.link("set", index=ip.link_lookup(ifname=f"port{number}")[0], state="up")
                without_offloads(f"port{number}")


def set_ipv6(on: bool) -> None:
    """Switch IPv6, for the interfaces that come, on, without asking for routers and for twins, or off."""
    if not on and not os.path.exists(IPV6):
        return  # this kernel has none
    for conf in ("all", "default"):
        write(f"{IPV6}/{conf}/disable_ipv6", str(int(not on)))
        write(f"{IPV6}/{conf}/accept_dad", "0")  # nobody else can have the address
        write(f"{IPV6}/{conf}/router_solicitations", "0")  # there is no router


def configure(host: dict[str, Any]) -> None:
    """Give the host that we are in its addresses, and a TCP that is the same on every machine."""
    from pyroute2 import IPRoute

    write(f"{IPV4}/tcp_congestion_control", "reno")  # RFC 5681, whatever else this machine prefers
    write(f"{IPV4}/tcp_no_metrics_save", "1")  # a connection knows nothing of the losses of those before it
    without_offloads("eth0")
    with IPRoute() as ip:
        eth0 = ip.link_lookup(ifname="eth0")[0]
        ip.link("set", index=1, state="up")  # its own loopback
        ip.link("set", index=eth0, state="up")
        ip.addr("add", index=eth0, address=host["address4"], prefixlen=24)
        if host["address6"]:
            ip.addr("add", index=eth0, address=host["address6"], prefixlen=64)


def without_offloads(interface: str) -> None:
    """Let nothing be left to hardware that is not there: frames are whole, of at most 1514 bytes, with checksums."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in OFFLOADS:
            value = array.array("B", struct.pack("II", command, 0))
            request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
            fcntl.ioctl(any_socket, SIOCETHTOOL, request)


# ---- the system ----


class Trouble(Exception):
    """A step failed; the other end says in plain words what it means."""

    def __init__(self, step: str, error: Exception) -> None:
        super().__init__(step, error)
        self.step, self.error = step, error

    def as_dict(self) -> dict[str, Any]:
        """As it is sent."""
        number = getattr(self.error, "errno", None) or getattr(self.error, "code", None)  # netlink's is called code
        return {"step": self.step, "errno": number, "error": str(self.error)}


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Whatever goes wrong in here is Trouble of this step."""
    try:
        yield
    except Exception as error:
        raise Trouble(name, error) from error


def answer(control: socket.socket, request: dict[str, Any], reply: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Answer that request, and send open files with it."""
    socket.send_fds(control, [json.dumps(reply | {"number": request["number"]}).encode()], files)


def call(name: str, *arguments: int | bytes | None) -> None:
    """Call a function of the C library; raises OSError."""
    if getattr(libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def file(kind: str) -> int:
    """Open the file that names a namespace of this process."""
    return os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def write(path: str, text: str) -> None:
    """Write into a file."""
    with open(path, "w") as opened:
        opened.write(text)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
