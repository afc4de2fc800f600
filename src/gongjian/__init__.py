"""Gongjian (共建): one platform for an urban district's public service."""

__version__ = "0.1.0"
