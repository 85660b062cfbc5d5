"""The interfaces of this machine over which others may reach it."""

from chatkit.errors import CaptureError


def interfaces() -> tuple[str, ...]:
    """The names of all that have an address, loopback among them; CaptureError where scapy is not installed."""
    try:
        from scapy.config import conf
        from scapy.layers import l2  # noqa: F401 - which finds the interfaces of this system
    except ImportError as error:
        raise CaptureError(
            "scapy is not installed. Remedy: python3 -m chatkit lab makes an environment with it"
        ) from error
    return tuple(str(one.network_name) for one in conf.ifaces.values() if any(one.ips.values()))
