"""What the kernel of a host is told before an attack, as `sysctl` would (ip-sysctl of Linux); it ends with the LAN."""

import subprocess
from collections.abc import Mapping

from chatkit.errors import LanError
from chatkit.lan.host import LanHost


def tell_kernel(host: LanHost, values: Mapping[str, int]) -> None:
    """Write numbers into files below /proc/sys/net of this host, in this order. Raises LanError."""
    script = " && ".join(f"echo {value} > /proc/sys/net/{name}" for name, value in values.items())
    with host.run(["sh", "-c", script], stderr=subprocess.PIPE, text=True) as process:
        trouble = process.communicate()[1]
    if process.returncode:
        raise LanError(f"The kernel of {host.name} does not let itself be told {', '.join(values)}: {trouble.strip()}")
