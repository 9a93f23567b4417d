"""The conformance kit: tests a vendor's signer against the launch interface, case by case.

It imports nothing from the rest of the project, so that vendors can run it on their own.
`/open/check_launch.pyz` is this package as one file that needs only Python 3.9 with `cryptography`
and `httpx`; `flask channels check` runs the same code. It signs nobody in: it opens the link of a
valid message once, and never presses 继续. Its output for vendors is in Chinese.

The signer gets claims as a JSON object and returns a compact JWS. A signer that will not sign
invalid claims reports it by an exit code or a 4xx status, which is not a fault.
"""
