"""Joins all ports of the switch's namespace, which it is run in, by a bridge of the kernel."""

import sys

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError


def main() -> None:
    """Make the bridge, or say why not."""
    with IPRoute() as ip:
        try:
            ip.link("add", ifname="bridge", kind="bridge")
        except NetlinkError as error:
            sys.exit(f"This kernel makes no bridge: {error}. The module is called bridge.")
        bridge = ip.link_lookup(ifname="bridge")[0]
        for link in ip.get_links():
            if link.get_attr("IFLA_IFNAME").startswith("port"):
                ip.link("set", index=link["index"], master=bridge)
        ip.link("set", index=bridge, state="up")


if __name__ == "__main__":
    main()
