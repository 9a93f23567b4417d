"""nginx, for what stands in front of several nodes: the machine's, or Debian's package."""

from __future__ import annotations

import os
import shutil

from steps.toolbox import Trouble, can_install_debian_packages, install_debian_packages, say

PLACES = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
"""Debian keeps it off the path of ordinary users."""


def found() -> None:
    """It is here, or is installed now; one that Debian would start by itself is not started."""
    if shutil.which("nginx", path=PLACES):
        return
    if can_install_debian_packages():
        say("installing nginx for the walks over several nodes")
        # Its package starts a server of its own at once; a policy that says no keeps it from that.
        _install_without_starting()
    if not shutil.which("nginx", path=PLACES):
        raise Trouble("No nginx is here and none could be installed: apt-get install nginx.")


def _install_without_starting() -> None:
    policy = "/usr/sbin/policy-rc.d"
    ours = not os.path.exists(policy)
    if ours:
        with open(policy, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 101\n")
        os.chmod(policy, 0o755)
    try:
        install_debian_packages(["nginx"], "nginx could not be installed (apt-get install nginx).")
    finally:
        if ours:
            os.unlink(policy)
