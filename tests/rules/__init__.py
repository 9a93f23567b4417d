"""The pure rules, checked against the 2019 notice and the figures published since."""
