"""The conformance kit: tries a vendor's signer on the launch interface, case after case, explained.

Imports nothing of ours, so that vendors can run it without us: `/open/check_launch.pyz` is this
folder as one file that needs only Python 3.9 with `cryptography` and `httpx`, and `flask channels
check` runs the same code. It signs nobody in: the link of a valid message is opened once, and 继续
is never pressed. What vendors read of it is Chinese, as everywhere.

The signer gets claims as a JSON object and gives back a compact JWS. One that will not sign what is
wrong says so (an exit code, a status of 4xx); that is no fault.
"""
