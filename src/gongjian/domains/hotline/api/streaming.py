"""The hotline's part of the stream that programs are told of."""

from gongjian.domains.hotline.api import showing
from gongjian.domains.hotline.queries.programs import happened
from gongjian.httpapi.webhooks import Happening, Stretch
from gongjian.identity.actor import Actor


def read(actor: Actor, after: int, upto: int, size: int) -> Stretch:
    """Return what happened in the reach of a program behind `after`: the same facts as the events of the API."""
    found = happened(actor=actor, after=after, upto=upto, size=size)
    told = [Happening(e.id, e.case_id, e.number, e.kind, e.move, e.at, showing.event(e)) for e in found.events]
    return Stretch(told, found.looked_to)
