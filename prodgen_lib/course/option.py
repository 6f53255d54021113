"""What options and arguments of the command line have in common."""

from __future__ import annotations

import os

import click


class OwnPath(click.Path):
    """A path whose `~` is a home folder even where no shell has made it one (`--out=~/runs`)."""

    def convert(self, value, param, context):
        return super().convert(os.path.expanduser(value), param, context)
